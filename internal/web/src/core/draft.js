// What was typed is kept in this tab until it is sent, whatever happens to the
// page or the session.
import { useCallback, useState } from 'preact/hooks';

const at = (name) => `rollbook.draft.${name}`;

function keep(name, value, since) {
  try { sessionStorage.setItem(at(name), JSON.stringify({ value, since })); } catch { /* not kept */ }
}

function kept(name) {
  try { return JSON.parse(sessionStorage.getItem(at(name))); } catch { return null; }
}

/** Fills in the form of the name before it is shown. */
export function keepDraft(name, value) { keep(name, value, 0); }

/**
 * Like useState, kept under the name. Returns [value, set, forget, back, begin]: back
 * is null, or says that the value was typed before: {since, discard}. begin forgets
 * what was typed and goes on from another value.
 */
export function useDraft(name, initial) {
  const untouched = () => (typeof initial === 'function' ? initial() : initial);
  const [first] = useState(() => kept(name));
  const [value, setValue] = useState(() => first?.value ?? untouched());
  const [since, setSince] = useState(first?.since || 0);
  const set = useCallback((change) => setValue((old) => {
    const next = typeof change === 'function' ? change(old) : { ...old, ...change };
    keep(name, next, Date.now());
    return next;
  }), [name]);
  const forget = useCallback(() => { try { sessionStorage.removeItem(at(name)); } catch { /* was not kept */ } }, [name]);
  const begin = (next) => { forget(); setSince(0); setValue(next); };
  return [value, set, forget, since ? { since, discard: () => begin(untouched()) } : null, begin];
}
