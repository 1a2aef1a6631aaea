// Forms as they come, which other views fill in before they are shown.
import { user } from './user.js';

/** The form of a new import. */
export const newImport = () => ({ dataType: '', action: 'test', onConflict: 'skip', allowSamePerson: false, encoding: '', note: '', mail: false, email: user.value?.email || '' });

/** The form for a template of the target. */
export const newTemplate = (targetId) => ({ dataType: 'criteria', targetId, fields: null, format: 'csv', mail: true, email: user.value?.email || '' });
