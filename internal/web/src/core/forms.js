// Forms as they come, which other views fill in before they are shown.
import { user } from './user.js';

/** The form of a new import. */
export const newImport = () => ({ dataType: '', action: 'test', onConflict: 'skip', allowSamePerson: false, encoding: '', note: '', mail: false, email: user.value?.email || '' });

const format = 'rollbook.format';

/** What a template was made as last in this browser: csv, xlsx or both. */
function lastFormat() {
  try {
    const kept = localStorage.getItem(format);
    if (['csv', 'xlsx', 'both'].includes(kept)) return kept;
  } catch { /* as if none */ }
  return 'csv';
}

/** Offers the format for the next template. */
export function keepFormat(to) {
  try { localStorage.setItem(format, to); } catch { /* only for now */ }
}

/** The form for a template of the target. */
export const newTemplate = (targetId) => ({ dataType: 'criteria', targetId, fields: null, include: [], since: '', format: lastFormat(), mail: true, email: user.value?.email || '' });
