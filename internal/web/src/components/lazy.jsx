// Views that most visits do not need are fetched, with their words, when they are
// shown.
import { useEffect, useState } from 'preact/hooks';
import { Failure, Page, Skeleton } from './basics.jsx';
import { Problem } from '../core/api.js';
import { t, withMoreWords } from '../core/i18n.js';

/** @param {Record<string, any>} props */
export function Lazy({ load, view, ...props }) {
  const [module, setModule] = useState(null);
  const [error, setError] = useState(null);
  const fetchIt = () => { setError(null); Promise.all([load(), withMoreWords()]).then(([m]) => setModule(m), () => setError(new Problem(0, { code: 'offline' }))); };
  useEffect(fetchIt, []);
  if (error) return <Page title={t('failure.title')}><Failure error={error} title={t('failure.page')} onRetry={() => location.reload()} /></Page>;
  if (!module) return <div class="page"><Skeleton rows={8} /></div>;
  const View = module[view];
  return <View {...props} />;
}
