// Where an import or a template stands, as icon and word.
import { Badge } from './basics.jsx';
import { t, num, percent } from '../core/i18n.js';

const looks = {
  waiting: ['grey', 'clock'], checking: ['blue', 'run'], running: ['blue', 'run'], done: ['green', 'done'],
  rejected: ['red', 'error'], failed: ['red', 'error'], cancelled: ['grey', 'stop'],
  preparing: ['blue', 'run'], ready: ['green', 'done'], expired: ['grey', 'clock'],
};

export const active = (i) => ['waiting', 'checking', 'running', 'preparing'].includes(i.status);

export function Status({ of }) {
  const [tone, icon] = looks[of.status] || looks.waiting;
  return <Badge tone={tone} icon={icon}>{t(`status.${of.status}`)}</Badge>;
}

/** A bar of how much is done. */
export function Progress({ value, label }) {
  return (
    <div class="progress">
      <progress max={1} value={value} aria-label={label} />
      <span class="progress-text" aria-hidden="true">{percent(value)}</span>
    </div>
  );
}

export const outcomes = ['created', 'updated', 'unchanged', 'rejected', 'conflicted', 'unprocessed'];

/** The account of an import in a word or two, for narrow places. */
export function CountBar({ counts }) {
  if (!counts.rows) return null;
  const parts = outcomes.filter((o) => counts[o]);
  return (
    <span class="count-bar" role="img" aria-label={parts.map((o) => `${t(`outcome.${o}`)}: ${num(counts[o])}`).join(', ')}>
      {parts.map((o) => <span key={o} class={`bar-${o}`} style={{ flexGrow: counts[o] }} />)}
    </span>
  );
}
