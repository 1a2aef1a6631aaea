// The problems of an import, equal ones as one, page by page through all of them.
import { useEffect, useId } from 'preact/hooks';
import { imports } from '../core/api.js';
import { fieldOf } from '../core/catalogue.js';
import { labelOf, valueWords } from '../core/kinds.js';
import { t, num, listed } from '../core/i18n.js';
import { useLoad, usePages } from '../core/load.js';
import { to } from '../core/router.js';
import { Badge, Empty, Loaded, Pager } from './basics.jsx';
import { Table } from './table.jsx';

const limit = 100;
const tones = { rejected: 'red', conflicted: 'amber', unprocessed: 'violet' };

/** @param {{of?: any, outcome?: any, field?: any, onOutcome?: any, onField?: any, box?: any}} props */
export function Problems({ of, outcome, field, onOutcome, onField, box }) {
  const pages = usePages();
  useEffect(pages.start, [outcome, field, of.id]);
  const { cursor } = pages;
  const list = useLoad((o) => imports.groups(of.id, { outcome, field, cursor, limit }, o), [of.id, of.status, outcome, field, cursor]);
  const turn = (page, next) => {
    pages.turn(page, next);
    box.current?.scrollIntoView({ block: 'start' });
  };
  const fieldId = useId();
  const outcomeId = useId();
  const here = ['rejected', 'conflicted', 'unprocessed'].filter((o) => of.counts[o] > 0);
  const names = [...new Set([...of.problems.map((p) => p.field).filter(Boolean), ...of.fields.map((f) => f.field), field].filter(Boolean))];
  return (
    <section class="problems" ref={box}>
      <div class="section-head">
        <h2>{t('problems.title', { n: of.problemsTotal })}</h2>
        <div class="filters">
          <div class="filter"><label for={outcomeId}>{t('problems.outcome')}</label>
            <select id={outcomeId} value={outcome} onChange={(e) => onOutcome(e.currentTarget.value)}>
              <option value="">{t('problems.all')}</option>
              {here.map((o) => <option key={o} value={o}>{`${t(`outcome.${o}`)} (${num(of.counts[o])})`}</option>)}
            </select>
          </div>
          {names.length > 0 && <div class="filter"><label for={fieldId}>{t('problems.field')}</label>
            <select id={fieldId} value={field} onChange={(e) => onField(e.currentTarget.value)}>
              <option value="">{t('problems.all')}</option>
              {names.map((n) => <option key={n} value={n}>{fieldOf(n) ? labelOf(fieldOf(n)) : n}</option>)}
            </select>
          </div>}
        </div>
      </div>
      <Loaded of={list} rows={6}>
        {({ items, nextCursor }) => (items.length === 0
          ? <Empty icon="search" title={t('problems.none')} />
          : <>
            <Table class="problems-table" caption={t('problems.title', { n: of.problemsTotal })} rows={items} rowKey={(p) => p.group} columns={[
              { key: 'line', head: t('problems.line'), main: true, class: 'lines', cell: (p) => <Lines of={p.lines} n={p.count} /> },
              { key: 'outcome', head: t('problems.outcome'), cell: (p) => <Badge tone={tones[p.outcome]}>{t(`outcome.${p.outcome}.row`, { n: p.count })}</Badge> },
              { key: 'column', head: t('problems.column'), cell: (p) => <Column of={p} /> },
              { key: 'value', head: t('problems.value'), class: 'value', cell: (p) => (p.value ? <span class="cell-value">{p.value}</span> : null) },
              { key: 'reason', head: t('problems.reason'), wide: true, cell: (p) => <Reason of={p} /> },
              { key: 'suggestion', head: t('problems.suggestion'), wide: true, cell: (p) => (p.suggestion || p.contact
                ? <>
                  {p.suggestion && <Suggestion of={p} />}
                  {p.contact && <a class="block" href={to('contacts', p.contact)}>{t('problems.contact', { number: p.contact })}</a>}
                </>
                : null) },
            ]} />
            <Pager of={{ ...pages, turn }} next={nextCursor} label={t('problems.pages')} people />
          </>)}
      </Loaded>
    </section>
  );
}

const someLines = 8;

/** @param {{of?: any, n?: any}} props */
function Lines({ of, n }) {
  if (n === 1) return <><span class="line-word">{t('problems.line')} </span>{num(of[0])}</>;
  const more = n - Math.min(of.length, someLines);
  return <>{t('problems.rows', { n })}<span class="hint block">{of.slice(0, someLines).map(num).join(', ')}{more > 0 && ` ${t('problems.moreLines', { n: more })}`}</span></>;
}

// A suggestion is what the cell should say; of a conflict it is what to do.
/** @param {{of?: any}} props */
function Suggestion({ of }) {
  return <span class={of.params?.suggestion ? 'suggestion' : undefined}>{of.suggestion}</span>;
}

/** @param {{of?: any}} props */
function Column({ of }) {
  if (!of.column && !of.field) return <span class="hint">{t('problems.wholeRow')}</span>;
  const def = fieldOf(of.field);
  return <><span class="column-name">{of.column || of.field}</span>{def && labelOf(def) !== (of.column || of.field) && <span class="hint block">{labelOf(def)}</span>}</>;
}

/** @param {{of?: any}} props */
function Reason({ of }) {
  const def = fieldOf(of.field) || { values: [] };
  // The sentence of a conflict names the three values, which stand below it.
  const three = of.code === 'conflict';
  const unreadable = three && of.params?.case === 'unreadable';
  return (
    <>
      <span>{three && !unreadable ? t('reason.conflict') : of.message}</span>
      {of.otherLines?.length > 0 && !of.params?.lines && <span class="hint block">{t('problems.otherLines', { n: of.otherLines.length, lines: listed(of.otherLines.map((n) => num(n))) })}</span>}
      {of.live !== undefined && !unreadable && (
        <span class="three">
          <span><span class="three-word">{t('conflict.old')}</span> {valueWords(def, of.old)}</span>
          <span><span class="three-word">{t('conflict.live')}</span> {valueWords(def, of.live)}</span>
          <span><span class="three-word">{t('conflict.new')}</span> {valueWords(def, of.new)}</span>
        </span>
      )}
    </>
  );
}
