// What was typed is kept in this tab until it is sent, whatever happens to the
// page or the session.
import { useCallback, useState } from 'preact/hooks';

const at = (name) => `rollbook.draft.${name}`;

/** Fills in the form of the name before it is shown. */
export function keepDraft(name, value) { try { sessionStorage.setItem(at(name), JSON.stringify(value)); } catch { /* then it comes empty */ } }

/** Like useState, kept under the name. Returns [value, set, forget]. */
export function useDraft(name, initial) {
  const [value, setValue] = useState(() => {
    try {
      const kept = JSON.parse(sessionStorage.getItem(at(name)));
      if (kept) return kept;
    } catch { /* as if there were none */ }
    return typeof initial === 'function' ? initial() : initial;
  });
  const set = useCallback((change) => setValue((old) => {
    const next = typeof change === 'function' ? change(old) : { ...old, ...change };
    try { sessionStorage.setItem(at(name), JSON.stringify(next)); } catch { /* not kept */ }
    return next;
  }), [name]);
  const forget = useCallback(() => { try { sessionStorage.removeItem(at(name)); } catch { /* was not kept */ } }, [name]);
  return [value, set, forget];
}
