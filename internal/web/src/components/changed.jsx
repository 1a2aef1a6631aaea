// Somebody else saved the same thing meanwhile: both versions side by side.
import { t } from '../core/i18n.js';
import { useLoad } from '../core/load.js';
import { Button, Failure, Notice } from './basics.jsx';

/**
 * Says that a save was refused because of somebody else's, and shows the parts
 * that differ. mine is what was to be saved, read loads what is stored now; show
 * turns either, beside the other, into words by the parts' names. onTake drops mine
 * for what is stored, onKeep saves mine in place of what was shown.
 * @param {{mine?: any, read?: any, show?: any, busy?: any, onTake?: any, onKeep?: any}} props
 */
export function Changed({ mine, read, show, busy, onTake, onKeep }) {
  const load = useLoad(read, []);
  const parts = load.data ? differing(show(mine, load.data), show(load.data, mine)) : [];
  return (
    <Notice kind="bad" live title={t('problem.changedSince')} actions={load.data && <>
      <Button icon="run" onClick={onTake}>{t('changed.take')}</Button>
      <Button icon="check" busy={busy} onClick={() => onKeep(load.data)}>{t('changed.keep')}</Button>
    </>}>
      {load.error && <Failure error={load.error} onRetry={load.reload} />}
      {parts.length > 0 && (
        <table class="versions">
          <thead><tr><td /><th scope="col">{t('changed.mine')}</th><th scope="col">{t('changed.theirs')}</th></tr></thead>
          <tbody>{parts.map(([name, own, stored]) => <tr key={name}><th scope="row">{name}</th><td>{own}</td><td>{stored}</td></tr>)}</tbody>
        </table>
      )}
    </Notice>
  );
}

const words = (v) => (v === undefined || v === null || v === '' ? '–' : String(v));

/** The parts that two versions do not share: [name, words of the one, words of the other]. */
function differing(a, b) {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].map((k) => [k, words(a[k]), words(b[k])]).filter(([, x, y]) => x !== y);
}
