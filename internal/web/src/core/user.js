// Who is signed in, and what they may do.
import { signal } from '@preact/signals';

/** The answer of /api/me, null until it is there. */
export const user = signal(null);

const ranks = ['viewer', 'operator', 'admin'];

/** Whether the user may fetch files, and page through contacts. */
export const exports = () => user.value?.exports === true;

/** What others look for by so many letters they may page through too. */
export const leastWord = 3;

/** Whether the user may do what the group may do. */
export const may = (group) => (user.value?.groups || []).some((g) => ranks.indexOf(g) >= ranks.indexOf(group));
