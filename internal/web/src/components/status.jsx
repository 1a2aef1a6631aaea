// Where an import or a template stands, as icon and word.
import { Badge } from './basics.jsx';
import { t, listed, num, percent } from '../core/i18n.js';

/** The tone and the icon of each status. */
export const looks = {
  waiting: ['grey', 'clock'], checking: ['blue', 'run'], queued: ['grey', 'clock'], running: ['blue', 'run'], done: ['green', 'done'],
  rejected: ['red', 'error'], incomplete: ['amber', 'warning'], failed: ['red', 'error'], cancelled: ['grey', 'stop'],
  preparing: ['blue', 'run'], ready: ['green', 'done'], expired: ['grey', 'clock'],
};

export const active = (i) => ['waiting', 'checking', 'queued', 'running', 'preparing'].includes(i.status);

/** @param {{of?: any}} props */
export function Status({ of }) {
  const [tone, icon] = looks[of.status] || looks.waiting;
  return <Badge tone={tone} icon={icon}>{t(`status.${of.status}`)}</Badge>;
}

/**
 * A bar of how much is done.
 * @param {{value?: any, label?: any}} props
 */
export function Progress({ value, label }) {
  return (
    <div class="progress">
      <progress max={1} value={value} aria-label={label} />
      <span class="progress-text" aria-hidden="true">{percent(value)}</span>
    </div>
  );
}

export const outcomes = ['created', 'updated', 'unchanged', 'rejected', 'conflicted', 'unprocessed'];

/** What became of rows, in a word: in a test, what would become of them. */
export const outcomeWord = (of, outcome) => t(of.action === 'test' && (outcome === 'created' || outcome === 'updated') ? `outcome.${outcome}.test` : `outcome.${outcome}`);

/**
 * The shares of an import's rows that came to the same, as a bar with its numbers.
 * @param {{of?: any}} props
 */
export function Shares({ of }) {
  const parts = outcomes.filter((o) => of.counts[o]);
  if (!parts.length) return null;
  const words = listed(parts.map((o) => `${outcomeWord(of, o)}: ${num(of.counts[o])}`));
  return (
    <span class="count-bar" role="img" aria-label={words} title={words}>
      {parts.map((o) => <span key={o} class={`bar-${o}`} style={{ flexGrow: of.counts[o] }} />)}
    </span>
  );
}
