// What a view shows comes from the API: loaded when the view comes, and again
// while something is under way.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { lang } from './i18n.js';

/**
 * Loads when deps change, and again when the language does, since the API says
 * its reasons in it. Returns {data, error, loading, reload, again, set}; reload()
 * keeps what is shown until the new data is there, and so does again(), which asks
 * only for what is other than what is shown. An answer that comes after a later
 * question is dropped: then they return null, and undefined after a failure.
 */
export function useLoad(load, deps) {
  const [state, setState] = useState({ data: undefined, error: null, loading: true });
  const asked = useRef(null);
  const now = useRef(undefined);
  now.current = state.data;
  const run = useCallback(async (quiet, seen = undefined) => {
    asked.current?.abort();
    const mine = new AbortController();
    asked.current = mine;
    if (!quiet) setState({ data: undefined, error: null, loading: true });
    try {
      const data = await load({ signal: mine.signal, seen });
      if (asked.current === mine) setState({ data, error: null, loading: false });
      return data;
    } catch (error) {
      // Being asked too often is nobody's concern where something is shown: it is asked again later.
      const later = seen !== undefined && [429, 503].includes(error.status);
      if (asked.current === mine && error.name !== 'AbortError' && !later) setState((s) => ({ data: quiet ? s.data : undefined, error, loading: false }));
      return error.name === 'AbortError' ? null : undefined;
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
  return { ...state, reload: () => run(true), again: () => run(true, now.current), set: (data) => setState({ data, error: null, loading: false }) };
}

/**
 * The pages of a list, each asked for by the cursor that the one before it told.
 * turn(page, next) goes to a page that was shown, or to the one after it by the next
 * cursor; start() to the first.
 */
export function usePages(kept = ['']) {
  const [cursors, setCursors] = useState(kept);
  return {
    cursors, cursor: cursors[cursors.length - 1], page: cursors.length - 1, start: () => setCursors(['']),
    turn: (page, next = '') => setCursors(page < cursors.length ? cursors.slice(0, page + 1) : [...cursors, next]),
  };
}

const fast = 2000;
const slow = 15000;
const rare = 120000;
const refused = 10000;

/**
 * Calls again() again and again, and not at all while the page is hidden. While
 * active: after two seconds when mark has changed, then ever more slowly, up to
 * fifteen. idle is the first pause while nothing is under way, 0 for never; it grows
 * to two minutes. After a failure, such as too many requests, it waits twice as long,
 * ten seconds at least. Pages that were opened together do not ask together.
 * @param {() => Promise<any>} again
 * @param {{active: boolean, mark?: any, idle?: number}} when
 */
export function usePoll(again, { active, mark, idle = 0 }) {
  const state = useRef({ again, active, mark, idle });
  Object.assign(state.current, { again, active, mark, idle });
  useEffect(() => {
    let timer = null;
    let over = false;
    const first = () => (state.current.active ? fast : state.current.idle);
    let pause = first();
    let before = state.current.mark;
    const next = () => {
      clearTimeout(timer);
      const s = state.current;
      if (over || document.hidden || !(s.active || s.idle)) return;
      timer = setTimeout(async () => {
        const got = await state.current.again();
        const is = state.current;
        if (got === undefined) pause = Math.min(Math.max(2 * pause, refused), rare);
        else if (is.mark !== before) pause = first();
        else pause = is.active ? Math.min(pause * 1.15, slow) : Math.min(pause * 1.5, rare);
        before = is.mark;
        next();
      }, pause * (0.9 + 0.2 * Math.random()));
    };
    const seen = async () => {
      if (document.hidden) { clearTimeout(timer); return; }
      pause = first();
      if (state.current.active || state.current.idle) await state.current.again();
      next();
    };
    document.addEventListener('visibilitychange', seen);
    next();
    return () => { over = true; clearTimeout(timer); document.removeEventListener('visibilitychange', seen); };
  }, [active, idle > 0]);
}
