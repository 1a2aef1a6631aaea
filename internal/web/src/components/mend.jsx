// The problems of a test, each with what can be done about it: equal mistakes as
// one, conflicts with both sides, and the rows as a table whose cells can be edited.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { imports } from '../core/api.js';
import { announce } from '../core/announce.js';
import { catalogue, fieldOf } from '../core/catalogue.js';
import { t, listed, num } from '../core/i18n.js';
import { labelOf, limits, valueWords } from '../core/kinds.js';
import { useLoad, usePages } from '../core/load.js';
import { clusters, decide, decided, linesOf, takeBack } from '../core/mend.js';
import { to } from '../core/router.js';
import { exports } from '../core/user.js';
import { Badge, Button, Empty, Failure, Loaded, Pager } from './basics.jsx';
import { Combo } from './combo.jsx';
import { Icon } from './icon.jsx';
import { RowsGrid } from './grid.jsx';
import { fieldName, lineList, rowsWord } from './corrections.jsx';

const pageOfGroups = 50;
const pageOfConflicts = 25;

/** @param {{of?: any, outcome?: any, box?: any}} props */
export function Mend({ of, outcome, box }) {
  const [byRow, setByRow] = useState(false);
  const [group, setGroup] = useState('');
  const wrong = of.counts.rejected > 0;
  const rows = (name) => { setGroup(name); setByRow(true); };
  useEffect(() => { if (outcome) box.current?.querySelector(`[data-part="${outcome}"]`)?.scrollIntoView({ block: 'start' }); }, [outcome]);
  return (
    <div class="problems" ref={box}>
      {wrong && (
        <section class="mend" data-part="rejected">
          <div class="section-head">
            <h2>{t('mend.wrong', { n: of.counts.rejected })}</h2>
            <div class="switch" role="group" aria-label={t('mend.view')}>
              <Button aria-pressed={byRow ? 'false' : 'true'} icon="list" onClick={() => setByRow(false)}>{t('mend.byMistake')}</Button>
              <Button aria-pressed={byRow ? 'true' : 'false'} icon="table" onClick={() => rows('')}>{t('mend.byRow')}</Button>
            </div>
          </div>
          {byRow
            ? <RowsGrid key={group} of={of} group={group} onAll={() => setGroup('')} />
            : <Mistakes of={of} onRows={rows} />}
        </section>
      )}
      {of.counts.conflicted > 0 && <Conflicts of={of} />}
    </div>
  );
}

/** @param {{of?: any, onRows?: any}} props */
function Mistakes({ of, onRows }) {
  const [more, setMore] = useState({ items: [], nextCursor: '', busy: false, error: null });
  const first = useLoad((o) => imports.groups(of.id, { outcome: 'rejected', limit: pageOfGroups }, o), [of.id]);
  useEffect(() => setMore({ items: [], nextCursor: first.data?.nextCursor || '', busy: false, error: null }), [first.data]);
  const all = useMemo(() => [...(first.data?.items || []), ...more.items], [first.data, more.items]);
  const together = useMemo(() => clusters(all, fieldOf), [all, catalogue.value]);
  const list = useRef(null);
  // After a decision the focus goes on to what is still open.
  const next = (from) => setTimeout(() => {
    const cards = [...list.current.children];
    const open = cards.slice(cards.indexOf(from) + 1).concat(cards).find((c) => !c.classList.contains('decided'));
    const left = cards.filter((c) => !c.classList.contains('decided')).length;
    announce(left ? t('mend.left', { n: left }) : t('mend.allDecided'));
    /** @type {HTMLElement} */ ((open || from).querySelector('.mistake-do input, .mistake-do button'))?.focus();
  });
  const offers = together.filter((c) => c.to && c.groups.every((g) => replaceable(g) && !ruled(of, g)));
  const load = async () => {
    setMore({ ...more, busy: true, error: null });
    try {
      const page = await imports.groups(of.id, { outcome: 'rejected', limit: pageOfGroups, cursor: more.nextCursor });
      setMore({ items: [...more.items, ...page.items], nextCursor: page.nextCursor, busy: false, error: null });
    } catch (e) { setMore({ ...more, busy: false, error: e }); }
  };
  return (
    <Loaded of={first} rows={4}>
      {() => <>
        {offers.length > 1 && (
          <p class="mend-offer"><Button icon="check" onClick={() => { decide(of, ...offers.flatMap((c) => c.groups.map((g) => replace(g, c.to)))); announce(t('mend.taken', { n: offers.length }), { shown: true }); }}>{t('mend.takeAll', { n: offers.length })}</Button></p>
        )}
        <ul class="mend-list" ref={list}>
          {together.map((c) => <Mistake key={c.groups[0].group} of={of} cluster={c} onDone={next} onRows={onRows} />)}
        </ul>
        {more.error && <Failure error={more.error} onRetry={load} />}
        {more.nextCursor && (exports() ? <Button icon="plus" busy={more.busy} onClick={load}>{t('mend.moreMistakes')}</Button> : <p class="hint">{t('export.pages')}</p>)}
      </>}
    </Loaded>
  );
}

// Values are told up to this length; what is longer is edited in its row.
const told = 200;
const replaceable = (g) => Boolean(g.column && g.value.trim() && g.value.length <= told && (fieldOf(g.field) || g.params.suggestion) && !g.params.lines);
// What was decided about a group: its value is another now, or its rows are left out,
// as far as it names them.
function ruled(of, g) {
  return decided(of, { kind: 'value', column: g.column, from: g.value.trim() }) || (g.lines.every((line) => decided(of, { kind: 'row', line })) && { kind: 'row' });
}
const replace = (g, value) => ({ kind: 'value', column: g.column, from: g.value.trim(), to: value });

/** What a cell of the field can be made: [{value, label, hint}], null for what is typed. */
function choices(def) {
  const always = [{ value: '', label: t('mend.keep'), hint: t('mend.keep.hint') }, { value: 'Empty', label: t('mend.clear'), hint: '' }];
  switch (def?.kind) {
    case 'choice': case 'multichoice': return [...def.values.filter((v) => !v.retired).map((v) => ({ value: v.code, label: labelOf(v), hint: v.code })), ...always];
    case 'yesno': return [{ value: 'TRUE', label: t('value.yes'), hint: '' }, { value: 'FALSE', label: t('value.no'), hint: '' }, ...always];
    case 'authorisation': return [{ value: 'TRUE', label: t('value.granted'), hint: '' }, { value: 'FALSE', label: t('value.refused'), hint: '' }, ...always];
    default: return null;
  }
}

/** What is wrong with a typed value, as far as can be told here; '' for nothing. */
export function fault(def, value) {
  const v = value.trim();
  if (v === '') return '';
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(v) ? !Number.isNaN(Date.parse(v)) && new Date(v).toISOString().startsWith(v) : /\d/.test(v);
  switch (def?.kind === 'contact' ? def.code : def?.kind) {
    case 'date': case 'birthDate': return isDay ? '' : t('mend.check.date');
    case 'number': return /\d/.test(v) ? '' : t('mend.check.number');
    case 'email': return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(v) ? '' : t('form.email.wrong');
    case 'text': return v.length > (def.maxLength || limits.text) ? t('mend.check.long', { n: def.maxLength || limits.text }) : '';
    case 'choice': return def.values.some((x) => [x.code, x.label, ...Object.values(x.labels || {})].some((l) => l?.toLowerCase() === v.toLowerCase())) || v.toLowerCase() === 'empty' ? '' : t('mend.check.value');
    default: return '';
  }
}

/** @param {{of?: any, cluster?: any, onDone?: any, onRows?: any}} props */
function Mistake({ of, cluster, onDone, onRows }) {
  const [off, setOff] = useState([]); // members that are not ticked
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const card = useRef(null);
  const g = cluster.groups[0];
  const def = fieldOf(g.field);
  const several = cluster.groups.length > 1;
  const ticked = cluster.groups.filter((x) => !off.includes(x.group));
  const n = ticked.reduce((sum, x) => sum + x.count, 0);
  const mine = (x) => ruled(of, x);
  const done = cluster.groups.every(mine);
  const options = choices(def);
  const wrong = tried && typed ? fault(def, typed) : '';
  const take = (value) => {
    decide(of, ...ticked.map((x) => replace(x, value)));
    onDone(card.current);
  };
  const type = () => {
    setTried(true);
    if (!typed.trim() || fault(def, typed)) return;
    take(typed.trim());
  };
  const leave = async () => {
    setBusy(true);
    setError(null);
    try {
      for (const x of ticked) decide(of, ...(await linesOf(of, x)).map((line) => ({ kind: 'row', line })));
      onDone(card.current);
    } catch (e) { setError(e); }
    setBusy(false);
  };
  const back = async () => {
    for (const x of cluster.groups) {
      const d = mine(x);
      if (d?.kind === 'value') takeBack(of, d);
      else if (d) takeBack(of, ...(await linesOf(of, x)).map((line) => ({ kind: 'row', line })));
    }
  };
  const name = several ? listed(cluster.groups.map((x) => x.value)) : g.value;
  const fits = replaceable(g);
  const result = done && mine(g);
  return (
    <li class={`mistake ${done ? 'decided' : ''}`} ref={card}>
      <div class="mistake-what">
        <p class="mistake-head">
          {several ? null : g.value && <span class="cell-value">{g.value}</span>}
          <span class="hint">{g.column || t('problems.wholeRow')}{fieldName(g) && `, ${fieldName(g)}`}</span>
          <Badge tone={done ? 'green' : 'red'} icon={done ? 'done' : undefined}>{rowsWord(cluster.groups.reduce((sum, x) => sum + x.count, 0))}</Badge>
        </p>
        {several && (
          <ul class="members" aria-label={t('mend.same')}>
            {cluster.groups.map((x) => (
              <li key={x.group}><label class="check">
                <input type="checkbox" disabled={done} checked={!off.includes(x.group)} onChange={(e) => setOff(e.currentTarget.checked ? off.filter((o) => o !== x.group) : [...off, x.group])} />
                <span><span class="cell-value">{x.value}</span> <span class="hint">{rowsWord(x.count)}</span></span>
              </label></li>
            ))}
          </ul>
        )}
        {!done && <p>{several ? t('mend.same.hint', { value: valueWords(def, cluster.to) }) : g.message}</p>}
        {!done && !several && g.suggestion && !g.params.suggestion && <p class="hint">{g.suggestion}</p>}
        {!several && <p class="hint">{t('problems.line')} {lineList(g.lines.slice(0, 8), g.count - Math.min(g.lines.length, 8))} · <button type="button" class="as-link" onClick={() => onRows(g.group)}>{t('mend.see', { n: g.count })}</button></p>}
        {error && <Failure error={error} />}
      </div>
      {done
        ? (
          <div class="mistake-do">
            <p class="mistake-result"><Icon name="next" class="arrow" />{result.kind === 'row' ? t('mend.leftOut') : result.to === '' ? t('mend.keep') : result.to === 'Empty' ? t('mend.clear') : options ? options.find((o) => o.value === result.to)?.label || result.to : result.to}</p>
            <Button kind="quiet" icon="undo" aria-label={`${t('mend.back')}: ${name}`} onClick={() => back().catch(setError)}>{t('mend.back')}</Button>
          </div>
        )
        : (
          <div class="mistake-do">
            {fits && cluster.to && <Button kind="take" icon="check" disabled={!n} onClick={() => take(cluster.to)}>{t('mend.replace', { value: valueWords(def, cluster.to), n })}</Button>}
            {fits && options && <Combo label={t(cluster.to ? 'mend.other' : 'mend.choose', { value: name })} placeholder={t(cluster.to ? 'mend.otherValue' : 'mend.chooseValue', { n })} value={undefined} options={options} onChange={take} />}
            {fits && !options && (
              <form class="mistake-type" onSubmit={(e) => { e.preventDefault(); type(); }}>
                <input type="text" aria-label={t('mend.choose', { value: name })} aria-invalid={wrong ? 'true' : undefined} aria-describedby={wrong ? `${g.group}-wrong` : undefined} placeholder={t('mend.newValue')} value={typed}
                  onInput={(e) => { setTyped(e.currentTarget.value); setTried(true); }} />
                <Button type="submit">{t('mend.replace.typed', { n })}</Button>
              </form>
            )}
            {wrong && <p class="field-error" id={`${g.group}-wrong`}><Icon name="error" />{wrong}</p>}
            <Button kind="quiet" icon="close" busy={busy} disabled={!n} aria-label={`${t('mend.leave', { n })}: ${name || g.column}`} onClick={leave}>{t('mend.leave', { n })}</Button>
          </div>
        )}
    </li>
  );
}

/** @param {{of?: any}} props */
function Conflicts({ of }) {
  const pages = usePages();
  const { cursor } = pages;
  const list = useLoad((o) => imports.problems(of.id, { outcome: 'conflicted', cursor, limit: pageOfConflicts }, o), [of.id, cursor]);
  const items = list.data?.items || [];
  const settleable = items.some(isThreeWay);
  const columns = [...new Map(items.filter(isThreeWay).map((p) => [p.column, p])).values()];
  const sideOf = (p) => (decided(of, { kind: 'conflict', line: p.line, column: p.column }) || decided(of, { kind: 'conflicts', column: p.column }) || decided(of, { kind: 'conflicts', column: undefined }))?.side;
  const all = (side, column) => {
    decide(of, column ? { kind: 'conflicts', side, column } : { kind: 'conflicts', side });
    announce(t(side === 'mine' ? 'mend.ours.all' : 'mend.theirs.all'));
  };
  const bulk = (label, column) => {
    const now = decided(of, { kind: 'conflicts', column })?.side || (column && decided(of, { kind: 'conflicts', column: undefined })?.side);
    return (
      <div class="bulk" role="group" aria-label={label}>
        <span>{label}</span>
        <Sides label={label} now={now} onChoose={(side) => all(side, column)} />
      </div>
    );
  };
  return (
    <section class="mend" data-part="conflicted">
      <h2>{t('mend.conflicts', { n: of.counts.conflicted })}</h2>
      {settleable && <p class="hint">{t('mend.conflicts.hint')}</p>}
      <Loaded of={list} rows={4}>
        {() => (items.length === 0 ? <Empty icon="done" title={t('problems.none')} /> : <>
          {settleable && <div class="bulks">
            {bulk(t('mend.all'), undefined)}
            {columns.length > 1 && columns.map((p) => <span key={p.column}>{bulk(fieldName(p) || p.column, p.column)}</span>)}
          </div>}
          <ul class="conflict-list">
            {items.map((p) => (
              <li key={`${p.line} ${p.column}`} class={sideOf(p) || decided(of, { kind: 'person', line: p.line }) || decided(of, { kind: 'row', line: p.line }) ? 'decided' : ''}>
                <div class="conflict-who">
                  <p class="strong">{p.contact ? <a href={to('contacts', p.contact)}>{t('problems.contact', { number: p.contact })}</a> : `${t('problems.line')} ${num(p.line)}`}</p>
                  <p class="hint">{fieldName(p) || p.column}{p.contact && ` · ${t('problems.line')} ${num(p.line)}`}</p>
                </div>
                {isThreeWay(p) ? <Three of={p} side={sideOf(p)} /> : <p class="conflict-why">{p.message}{p.suggestion && <span class="hint block">{p.suggestion}</span>}</p>}
                {isThreeWay(p) && <Sides label={`${t('problems.line')} ${num(p.line)}, ${p.column}`} now={sideOf(p)} onChoose={(side) => decide(of, { kind: 'conflict', line: p.line, column: p.column, side })} />}
                {p.code === 'anotherPerson' && <Person of={of} line={p.line} />}
                {!isThreeWay(p) && p.code !== 'anotherPerson' && <LeaveOut of={of} line={p.line} />}
              </li>
            ))}
          </ul>
          <Pager of={pages} next={list.data.nextCursor} label={t('problems.pages')} people />
        </>)}
      </Loaded>
    </section>
  );
}

const isThreeWay = (p) => p.code === 'conflict' && p.live !== undefined && p.params?.case !== 'unreadable';

/** @param {{of?: any, side?: any}} props */
function Three({ of, side }) {
  const def = fieldOf(of.field) || { values: [] };
  return (
    <dl class="three-values">
      {['old', 'live', 'new'].map((k) => (
        <div key={k} class={(side === 'theirs' && k === 'live') || (side === 'mine' && k === 'new') ? 'wins' : ''}><dt>{t(`conflict.${k}`)}</dt><dd>{valueWords(def, of[k])}</dd></div>
      ))}
    </dl>
  );
}

/** @param {{label?: any, now?: any, onChoose?: any}} props */
function Sides({ label, now, onChoose }) {
  return (
    <div class="sides" role="group" aria-label={label}>
      {['theirs', 'mine'].map((side) => <Button key={side} aria-pressed={now === side ? 'true' : 'false'} icon={now === side ? 'check' : undefined} onClick={() => onChoose(side)}>{t(side === 'mine' ? 'mend.ours' : 'mend.theirs')}</Button>)}
    </div>
  );
}

/** @param {{of?: any, line?: any}} props */
function Person({ of, line }) {
  const now = decided(of, { kind: 'person', line })?.who;
  return (
    <div class="sides" role="group" aria-label={t('persons.who', { line: num(line) })}>
      {['same', 'another'].map((who) => <Button key={who} aria-pressed={now === who ? 'true' : 'false'} onClick={() => decide(of, { kind: 'person', line, who })}>{t(`persons.${who}`)}</Button>)}
    </div>
  );
}

/** @param {{of?: any, line?: any}} props */
function LeaveOut({ of, line }) {
  const d = decided(of, { kind: 'row', line });
  return d
    ? <Button kind="quiet" icon="undo" onClick={() => takeBack(of, d)}>{t('mend.back')}</Button>
    : <Button kind="quiet" icon="close" onClick={() => decide(of, { kind: 'row', line })}>{t('mend.leave', { n: 1 })}</Button>;
}
