// Views that most visits do not need are fetched when they are shown.
import { useEffect, useState } from 'preact/hooks';
import { Failure, Skeleton } from './basics.jsx';
import { Problem } from '../core/api.js';

export function Lazy({ load, view, ...props }) {
  const [module, setModule] = useState(null);
  const [error, setError] = useState(null);
  const fetchIt = () => { setError(null); load().then(setModule, () => setError(new Problem(0, { code: 'offline' }))); };
  useEffect(fetchIt, []);
  if (error) return <div class="page"><Failure error={error} onRetry={() => location.reload()} /></div>;
  if (!module) return <div class="page"><Skeleton rows={8} /></div>;
  const View = module[view];
  return <View {...props} />;
}
