// Somebody else saved the same thing meanwhile: both versions side by side.
import { t } from '../core/i18n.js';
import { useLoad } from '../core/load.js';
import { Button, Notice } from './basics.jsx';

const same = (a, b) => JSON.stringify(a ?? '') === JSON.stringify(b ?? '');
const shown = (v) => (v === undefined || v === null || v === '' ? '–' : typeof v === 'object' ? JSON.stringify(v) : String(v));

/**
 * Says that a save was refused because of somebody else's, and shows the parts
 * that differ. mine is what was to be saved, read loads what is stored now,
 * names gives the parts' names, onTake drops mine for what is stored.
 * @param {{mine?: any, read?: any, names?: any, onTake?: any}} props
 */
export function Changed({ mine, read, names = {}, onTake }) {
  const load = useLoad(read, []);
  const parts = load.data ? Object.keys(mine).filter((k) => !same(mine[k], load.data[k])) : [];
  return (
    <Notice kind="bad" live title={t('problem.changedSince')} actions={<Button icon="run" onClick={onTake}>{t('changed.take')}</Button>}>
      {parts.length > 0 && (
        <table class="versions">
          <thead><tr><td /><th scope="col">{t('changed.mine')}</th><th scope="col">{t('changed.theirs')}</th></tr></thead>
          <tbody>{parts.map((k) => <tr key={k}><th scope="row">{names[k] || k}</th><td>{shown(mine[k])}</td><td>{shown(load.data[k])}</td></tr>)}</tbody>
        </table>
      )}
    </Notice>
  );
}
