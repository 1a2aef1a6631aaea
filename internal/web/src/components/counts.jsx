// The account of an import. The counts that have rows behind them are filters.
import { t, num } from '../core/i18n.js';
import { outcomeWord, outcomes } from './status.jsx';

/** @param {{of?: any, outcome?: any, onPick?: any, problems?: any}} props */
export function Counts({ of, outcome, onPick, problems }) {
  const filters = (o) => onPick && of.counts[o] > 0 && (problems ? o !== 'unchanged' : o === 'created' || o === 'updated');
  return (
    <section class="counts" aria-label={t('counts.title')}>
      <p class="count total"><span class="count-number">{num(of.counts.rows)}</span><span class="count-word">{t('counts.rows', { n: of.counts.rows })}</span></p>
      {outcomes.map((o) => {
        const inner = <><span class="count-number">{num(of.counts[o])}</span><span class="count-word">{outcomeWord(of, o)}</span></>;
        const classes = `count ${o} ${of.counts[o] ? '' : 'zero'}`;
        return filters(o)
          ? <button key={o} type="button" class={classes} aria-pressed={o === 'created' || o === 'updated' ? undefined : outcome === o} onClick={() => onPick(o)}>{inner}</button>
          : <p key={o} class={classes}>{inner}</p>;
      })}
    </section>
  );
}
