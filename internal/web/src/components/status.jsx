// Where an import or a template stands, as icon and word.
import { Badge } from './basics.jsx';
import { t, num, percent } from '../core/i18n.js';

const looks = {
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
 * The account of an import: how many rows came to what, and their shares.
 * @param {{of?: any}} props
 */
export function Account({ of }) {
  const parts = outcomes.filter((o) => of.counts[o]);
  if (!parts.length) return null;
  return (
    <>
      <ul class="account-parts">
        {parts.map((o) => <li key={o} class={o}><b>{num(of.counts[o])}</b> {outcomeWord(of, o)}</li>)}
      </ul>
      <span class="count-bar" aria-hidden="true">
        {parts.map((o) => <span key={o} class={`bar-${o}`} style={{ flexGrow: of.counts[o] }} />)}
      </span>
    </>
  );
}
