// What was decided about the problems of an import, and the test with it.
import { useEffect, useState } from 'preact/hooks';
import { fieldOf } from '../core/catalogue.js';
import { ago, t, num } from '../core/i18n.js';
import { labelOf } from '../core/kinds.js';
import { drop, forget, keeping, loadDecisions, mending, mostCorrections, save, size, takeBack, testAgain, waiting as open } from '../core/mend.js';
import { user } from '../core/user.js';
import { go, to } from '../core/router.js';
import { Button, Failure } from './basics.jsx';
import { Icon } from './icon.jsx';

const shownAtOnce = 50;

/** A correction in words. */
export function said(d) {
  const value = (v) => (v === '' ? t('mend.blank') : v);
  if (d.kind === 'person' || d.who) return t(d.who === 'same' ? 'mend.said.same' : 'mend.said.another', { line: d.line });
  if (d.kind === 'row' || d.leaveOut) return t('mend.said.row', { line: d.line });
  const side = d.side || d.conflicts || d.conflict;
  if (side) {
    const what = t(side === 'mine' ? 'mend.ours' : 'mend.theirs');
    if (d.line) return t('mend.said.conflict', { what, line: d.line });
    return d.column ? t('mend.said.field', { what, column: d.column }) : t('mend.said.conflicts', { what });
  }
  if (d.line) return t('mend.said.cell', { line: d.line, column: d.column, to: value(d.to) });
  return t('mend.said.value', { column: d.column, from: value(d.from), to: value(d.to) });
}

/**
 * The bar with the decisions, which stays in sight, and the test by them.
 * @param {{of?: any}} props
 */
export function Corrections({ of }) {
  const { by, dropped } = mending(of.id).value;
  const before = of.recipe.corrections || [];
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const [shown, setShown] = useState(0); // of the list, none while it is closed
  useEffect(() => { loadDecisions(of); }, [of.id]);
  const waiting = open(of.id);
  const kept = keeping(of.id).value;
  if (!waiting && !before.length) return null;
  const n = size(of);
  const test = async () => {
    setBusy(true);
    setError(null);
    try {
      go(to('imports', (await testAgain(of)).id));
    } catch (e) { setError(e); setBusy(false); }
  };
  const total = by.size + before.length;
  // The latest one first, and no more of them than are shown.
  const newest = [...by.values()].reverse().slice(0, shown);
  const all = [
    ...newest.map((d) => ({ key: JSON.stringify([d.kind, d.column, d.from, d.line]), words: said(d), back: () => takeBack(of, d), gone: false, hint: '' })),
    ...before.slice(0, shown - newest.length).map((c, i) => ({ key: String(i), words: said(c), back: () => drop(of, i, !dropped.includes(i)), gone: dropped.includes(i), hint: c.cells === undefined ? '' : t('mend.cells', { n: c.cells }) })),
  ];
  return (
    <section class={`corrections ${waiting ? 'waiting' : ''}`} aria-label={t('mend.list')}>
      <div class="corrections-bar">
        <p role="status" class="strong">{waiting ? t('mend.waiting', { n: waiting }) : t('mend.applied', { n: before.length })}</p>
        {waiting > 0 && <span class="actions">
          <Button kind="quiet" onClick={() => forget(of)}>{t('mend.discard')}</Button>
          <Button kind="primary" icon="test" busy={busy} disabled={n > mostCorrections} onClick={test}>{t('mend.test')}</Button>
        </span>}
      </div>
      {waiting > 0 && n <= mostCorrections && kept.kept === 'failed' && <p class="corrections-kept failed" role="alert"><Icon name="warning" /><span>{t('mend.kept.failed')}</span> <Button kind="quiet" icon="run" onClick={() => save(of)}>{t('failure.retry')}</Button></p>}
      {waiting > 0 && kept.kept === 'saving' && <p class="corrections-kept hint">{t('mend.kept.saving')}</p>}
      {waiting > 0 && kept.kept === 'saved' && <p class="corrections-kept hint">{kept.by && kept.by !== user.value?.email ? t('mend.kept.by', { by: kept.by, ago: ago(kept.at) }) : t('mend.kept.saved')}{kept.joined > 0 && ` ${t('mend.kept.joined')}`}</p>}
      {n > mostCorrections && <p class="field-error" role="alert">{t('mend.tooMany', { n, most: mostCorrections })}</p>}
      {error && <Failure error={error} title={t('match.failed')} />}
      <details onToggle={(e) => setShown(e.currentTarget.open ? shownAtOnce : 0)}>
        <summary>{t('mend.show', { n: total })}</summary>
        <ul class="corrections-list">
          {all.map((c) => (
            <li key={c.key}>
              <span class={c.gone ? 'gone' : ''}>{c.words}{c.hint && <span class="hint"> {c.hint}</span>}</span>
              <Button kind="quiet" icon={c.gone ? 'check' : 'undo'} aria-label={`${t(c.gone ? 'mend.again' : 'mend.back')}: ${c.words}`} onClick={c.back}>{t(c.gone ? 'mend.again' : 'mend.back')}</Button>
            </li>
          ))}
        </ul>
        {total > all.length && <Button kind="quiet" onClick={() => setShown(shown + shownAtOnce)}>{t('mend.more', { n: total - all.length })}</Button>}
      </details>
    </section>
  );
}

/** What a column is called beside its name in the file. */
export function fieldName(of) {
  const def = fieldOf(of.field);
  return def && labelOf(def) !== (of.column || of.field) ? labelOf(def) : '';
}

export const rowsWord = (n) => t('problems.rows', { n: Number(n) });
export const lineList = (lines, more) => `${lines.map(num).join(', ')}${more > 0 ? ` ${t('problems.moreLines', { n: more })}` : ''}`;
