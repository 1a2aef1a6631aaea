// Views that the first page does not need are fetched, with their words, when they
// are shown, or before that while nothing else is to do.
import { useEffect, useState } from 'preact/hooks';
import { Failure, Page, Skeleton } from './basics.jsx';
import { loadAnew } from '../core/anew.js';
import { Problem } from '../core/api.js';
import { t, withMoreWords } from '../core/i18n.js';

const here = new Map(); // load to its module

const fetched = async (load) => {
  const [m] = await Promise.all([load(), withMoreWords()]);
  here.set(load, m);
  return m;
};

/**
 * Fetches views that are likely next, so that they are there at once, also after
 * the network is lost. Returns a function that drops what has not begun.
 */
export function fetchAhead(loads) {
  const timer = setTimeout(async () => {
    try { for (const load of loads) await fetched(load); } catch { /* then when they are shown */ }
  }, 500);
  return () => clearTimeout(timer);
}

/** @param {Record<string, any>} props */
export function Lazy({ load, view, ...props }) {
  const [, setModule] = useState(null);
  const [failed, setFailed] = useState({ load: null, error: null });
  // Not what it was mounted with: two addresses may share a key.
  const module = here.get(load);
  useEffect(() => { if (!module) fetched(load).then(setModule, async () => { if (!await loadAnew()) setFailed({ load, error: new Problem(0, { code: 'offline' }) }); }); }, [load]);
  if (failed.load === load) return <Page title={t('failure.title')}><Failure error={failed.error} title={t('failure.page')} onRetry={() => location.reload()} /></Page>;
  if (!module) return <div class="page"><Skeleton rows={8} /></div>;
  const View = module[view];
  return <View {...props} />;
}
