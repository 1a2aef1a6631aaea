// What a view shows comes from the API: loaded when the view comes, and again
// while something is under way.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { lang } from './i18n.js';

/**
 * Loads when deps change, and again when the language does, since the API says
 * its reasons in it. Returns {data, error, loading, reload, set}; reload()
 * keeps what is shown until the new data is there. An answer that comes after a
 * later question is dropped.
 */
export function useLoad(load, deps) {
  const [state, setState] = useState({ data: undefined, error: null, loading: true });
  const asked = useRef(null);
  const run = useCallback(async (quiet) => {
    asked.current?.abort();
    const mine = new AbortController();
    asked.current = mine;
    if (!quiet) setState({ data: undefined, error: null, loading: true });
    try {
      const data = await load({ signal: mine.signal });
      if (asked.current === mine) setState({ data, error: null, loading: false });
      return data;
    } catch (error) {
      if (asked.current === mine && error.name !== 'AbortError') setState((s) => ({ data: quiet ? s.data : undefined, error, loading: false }));
      return undefined;
    }
  }, deps);
  useEffect(() => {
    run(false);
    return () => { asked.current?.abort(); asked.current = null; };
  }, [run]);
  const shown = useRef(lang.value);
  useEffect(() => {
    if (shown.current !== lang.value) run(true);
    shown.current = lang.value;
  }, [lang.value]);
  return { ...state, reload: () => run(true), set: (data) => setState({ data, error: null, loading: false }) };
}

const fast = 2000;
const slow = 15000;

/**
 * Calls reload again and again: after two seconds while active and while
 * something changes, ever more slowly up to fifteen seconds when nothing does,
 * and not at all while the page is hidden. idle is the pause while nothing is
 * under way, 0 for never.
 * @param {() => Promise<any>} reload
 * @param {{active: boolean, mark?: any, idle?: number}} when
 */
export function usePoll(reload, { active, mark, idle = 0 }) {
  const state = useRef({ reload, active, mark, idle });
  Object.assign(state.current, { reload, active, mark, idle });
  useEffect(() => {
    let timer = null;
    let pause = fast;
    let before = state.current.mark;
    let over = false;
    const next = () => {
      clearTimeout(timer);
      const s = state.current;
      if (over || document.hidden || !(s.active || s.idle)) return;
      timer = setTimeout(async () => {
        await state.current.reload();
        pause = state.current.mark === before ? Math.min(pause * 1.25, slow) : fast;
        before = state.current.mark;
        next();
      }, s.active ? pause : s.idle);
    };
    const seen = async () => {
      if (document.hidden) { clearTimeout(timer); return; }
      pause = fast;
      if (state.current.active || state.current.idle) await state.current.reload();
      next();
    };
    document.addEventListener('visibilitychange', seen);
    next();
    return () => { over = true; clearTimeout(timer); document.removeEventListener('visibilitychange', seen); };
  }, [active]);
}
