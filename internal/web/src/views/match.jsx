// Match the columns: what each column of a file is for, and how the file is read.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { faultAt, imports, mappings, newKey } from '../core/api.js';
import { announce } from '../core/announce.js';
import { catalogue, loadCatalogue } from '../core/catalogue.js';
import { columnOptions, columnWords, counts, joined, keyColumn, partsOf, pieceFor, same } from '../core/columns.js';
import { useDraft } from '../core/draft.js';
import { kindNamed, limits } from '../core/kinds.js';
import { day, listed, num, t } from '../core/i18n.js';
import { useLoad } from '../core/load.js';
import { go, to } from '../core/router.js';
import { may } from '../core/user.js';
import { Button, ButtonLink, Choices, Failure, Field, Loaded, Notice, Page } from '../components/basics.jsx';
import { Combo } from '../components/combo.jsx';
import { Icon } from '../components/icon.jsx';

/** @param {{id?: any}} props */
export function Match({ id }) {
  const load = useLoad((o) => Promise.all([imports.get(id, o), imports.rows(id, o), loadCatalogue()]).then(([of, { items }]) => ({ of, rows: items })), [id]);
  return (
    <Page title={t('match.title')} lead={t('match.lead')} back={{ href: to('imports', id), text: load.data?.of.fileName || t('imports.one') }}>
      <Loaded of={load}>{({ of, rows }) => <Columns key={of.id} of={of} rows={rows} />}</Loaded>
    </Page>
  );
}

const shownSamples = 3;

/** The values by which a column is told: those of the first rows, else those that the import has. */
function samplesOf(headers, rows) {
  return headers.map((h, i) => {
    const values = [...new Set([...rows.map((r) => r.cells[i].trim()).filter(Boolean), ...h.samples])];
    return values.slice(0, shownSamples);
  });
}

// What a column was taken for before anybody said anything here: a column of
// ours, '' for left out, undefined for nothing.
const taken = (h) => (h.column || h.by === 'leftOut' || h.by === 'remembered' || h.by === 'given' ? h.column : undefined);

/** @param {{of?: any, rows?: any}} props */
function Columns({ of, rows }) {
  const headers = of.headers;
  const [draft, set, forget] = useDraft(`match.${of.id}`, () => ({ columns: {}, recipe: recipeForm(of.recipe) }));
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const request = useRef({ key: '', of: '' });
  const boxes = useRef({});
  const samples = useMemo(() => samplesOf(headers, rows), [of.id, rows]);
  const options = columnOptions(of.dataType);
  const now = headers.map((h) => draft.columns[h.name] ?? taken(h));
  const undecided = headers.flatMap((h, i) => (now[i] === undefined ? [i] : []));
  const users = new Map();
  now.forEach((c, i) => { if (c && counts(c)) for (const x of partsOf(c)) users.set(same(x), [...(users.get(same(x)) || []), i]); });
  const doubled = (i) => (now[i] && counts(now[i]) ? partsOf(now[i]).flatMap((x) => users.get(same(x))).filter((k) => k !== i) : []);
  const has = (c) => users.has(same(c));
  const nameless = of.dataType === 'contacts' ? !(draft.recipe.matchBy || has(keyColumn) || has('Email') || has('Last name')) : !has(keyColumn);

  const nameOf = (i) => (headers[i].name === `(${i + 1})` ? t('match.unnamed', { n: i + 1 }) : headers[i].name);
  const choose = (i, column) => {
    const change = { [headers[i].name]: column };
    // One column is for one thing: who had it before is left out.
    const before = column && counts(column) ? headers.flatMap((h, k) => (k !== i && now[k] && counts(now[k]) && partsOf(now[k]).some((x) => partsOf(column).some((y) => same(x) === same(y))) ? [k] : [])) : [];
    for (const k of before) change[headers[k].name] = '';
    if (before.length) announce(t('match.moved', { names: listed(before.map(nameOf)), n: before.length }), { shown: true });
    set((d) => ({ ...d, columns: { ...d.columns, ...change } }));
  };
  const leaveOthers = () => {
    set((d) => ({ ...d, columns: { ...d.columns, ...Object.fromEntries(undecided.map((i) => [headers[i].name, ''])) } }));
    announce(t('match.othersLeft', { n: undecided.length }), { shown: true });
  };

  const submit = async (e) => {
    e.preventDefault();
    setTried(true);
    const gap = headers.findIndex((_, i) => now[i] === undefined || doubled(i).length > 0);
    if (gap >= 0) { boxes.current[gap]?.focus(); return; }
    // What the file and earlier ones tell by themselves stays theirs.
    const columns = { ...of.recipe.columns };
    headers.forEach((h, i) => { if (draft.columns[h.name] !== undefined && now[i] !== undefined && draft.columns[h.name] !== taken(h)) columns[h.name] = now[i]; });
    const body = recipeOf(of.recipe, draft.recipe, columns);
    const asked = JSON.stringify([of.id, body]);
    if (request.current.of !== asked) request.current = { key: newKey(), of: asked };
    setBusy(true);
    setError(null);
    try {
      const made = await imports.test(of.id, body, request.current.key);
      forget();
      go(to('imports', made.id));
    } catch (x) {
      setError(x);
      setBusy(false);
    }
  };

  const blank = headers.flatMap((h, i) => (h.by === 'leftOut' && !h.suggestions.length && !samples[i].length && draft.columns[h.name] === undefined && of.recipe.columns?.[h.name] === undefined ? [i] : []));
  const parts = [
    ['open', headers.flatMap((h, i) => (taken(h) === undefined ? [i] : []))],
    ['known', headers.flatMap((h, i) => (taken(h) ? [i] : []))],
    ['left', headers.flatMap((h, i) => (taken(h) === '' && !blank.includes(i) ? [i] : []))],
  ].filter(([, list]) => list.length);
  const one = (i) => (
    <One key={i} name={nameOf(i)} header={headers[i]} samples={samples[i]} now={now[i]} chosen={draft.columns[headers[i].name] !== undefined} left={of.recipe.columns?.[headers[i].name] === ''}
      doubled={doubled(i).map(nameOf)} missing={tried && now[i] === undefined} options={options} onChange={(c) => choose(i, c)} box={(e) => { boxes.current[i] = e; }} />
  );
  if (!headers.length) return <Notice kind="bad" title={t('match.nothing')} actions={<ButtonLink href={to('imports', of.id)}>{t('imports.one')}</ButtonLink>} />;
  return (
    <form class="form wide match" onSubmit={submit} noValidate>
      <p class="match-count" role="status">
        {t('match.count', { n: headers.length, used: now.filter(Boolean).length, left: now.filter((c) => c === '').length })}
        {undecided.length > 0 && <strong> {t('match.count.open', { n: undecided.length })}</strong>}
      </p>
      {kept(of) && <Memory of={of} />}
      {nameless && undecided.length === 0 && <Notice kind="warn" title={t(of.dataType === 'contacts' ? 'match.noKey.contacts' : 'match.noKey')} />}
      {parts.map(([part, list]) => (
        <section key={part} class="match-part">
          <div class="section-head">
            <h2>{t(`match.${part}`, { n: list.length })}</h2>
            {part === 'open' && undecided.length > 0 && <Button icon="close" onClick={leaveOthers}>{t('match.leaveOthers')}</Button>}
          </div>
          <ul class="match-list">{list.map(one)}</ul>
        </section>
      ))}
      {blank.length > 0 && (
        <details class="more">
          <summary>{t('match.blank', { n: blank.length })}</summary>
          <p class="hint">{listed(blank.map(nameOf))}</p>
        </details>
      )}
      <Preview headers={headers} rows={rows} now={now} options={options} />
      <Reading of={of} form={draft.recipe} onChange={(change) => set((d) => ({ ...d, recipe: { ...d.recipe, ...change } }))} error={error} columns={now} />
      {error && <Failure error={error} title={t('match.failed')} />}
      <div class="form-end">
        <Button type="submit" kind="primary big" icon="done" busy={busy}>{t('new.start.test')}</Button>
        <ButtonLink kind="quiet" href={to('imports', of.id)} onClick={forget}>{t('form.cancel')}</ButtonLink>
        {tried && undecided.length > 0 && <p class="field-error" role="alert"><Icon name="error" />{t('match.count.open', { n: undecided.length })}</p>}
      </div>
    </form>
  );
}

/** Whether what was said of the columns was remembered when the import was seen last. */
const kept = (of) => of.mapping && (of.updatedBy || of.headers.some((h) => h.by === 'remembered') || of.warnings.some((w) => w.code === 'readingRemembered'));

/**
 * What is remembered of files with these columns, to be forgotten by those who may
 * import them.
 * @param {{of?: any}} props
 */
function Memory({ of }) {
  const [was, setWas] = useState(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  // It is there from the first done update on, until somebody forgets it.
  useEffect(() => { mappings.get(of.mapping).then(setWas, () => setWas(null)); }, [of.mapping]);
  if (!was) return null;
  const forget = async () => {
    setBusy(true);
    setError(null);
    try {
      await mappings.forget(was.id, was.etag);
      announce(t('match.forgotten'), { shown: true });
      setWas(null);
    } catch (x) { setError(x); }
    setBusy(false);
  };
  return (
    <>
      <Notice title={t('match.memory', { date: day(was.usedAt), who: was.usedBy })}
        actions={may('operator') && <Button icon="trash" busy={busy} onClick={forget}>{t('match.forget')}</Button>}>
        <p>{t('match.memory.hint')}</p>
      </Notice>
      {error && <Failure error={error} title={t('match.forget.failed')} />}
    </>
  );
}

/**
 * One column of the file.
 * @param {{name?: any, header?: any, samples?: any, now?: any, chosen?: any, left?: any, doubled?: any, missing?: any, options?: any, onChange?: any, box?: any}} props
 */
function One({ name, header, samples, now, chosen, left, doubled, missing, options, onChange, box }) {
  const fault = doubled.length ? t('match.doubled', { names: listed(doubled), n: doubled.length }) : missing ? t('match.missing') : '';
  const own = now && !options.some((o) => same(o.value) === same(now)) ? [{ value: now, label: columnWords(now) }] : [];
  const all = [{ value: '', label: t('match.leaveOut'), hint: t('match.leaveOut.hint') }, ...own, ...options];
  const value = now ? all.find((o) => o.value && same(o.value) === same(now)).value : now;
  const id = `why-${encodeURIComponent(name)}`;
  return (
    <li class={`match-column ${fault ? 'wrong' : ''} ${now === '' ? 'left' : ''}`}>
      <div class="match-name">
        <p class="column-name strong">{name}</p>
        <p class="match-samples">{samples.length ? samples.map((s) => <span key={s} class="cell-value">{s}</span>) : <span class="hint">{t('match.noValues')}</span>}</p>
      </div>
      <div class="match-choice">
        <Combo label={t('match.for', { column: name })} value={value} options={all} onChange={onChange} invalid={Boolean(fault)} describedby={id} box={box} />
        <p class="hint" id={id}>{fault ? <span class="field-error"><Icon name="error" />{fault}</span> : why(header, now, chosen, left)}</p>
        {now === undefined && (
          <p class="match-offers">
            {header.suggestions.map((s) => <Button key={s} kind="quiet" icon="check" aria-label={t('match.take', { column: name, ours: columnWords(s) })} onClick={() => onChange(s)}>{columnWords(s)}</Button>)}
            <Button kind="quiet" icon="close" aria-label={t('match.leave', { column: name })} onClick={() => onChange('')}>{t('match.leaveOut')}</Button>
          </p>
        )}
      </div>
    </li>
  );
}

/** Why a column is taken for what it is. */
function why(header, now, chosen, left) {
  if (chosen && now !== undefined) return t('match.by.chosen');
  if (header.by === 'leftOut') {
    if (left) return t('match.by.left');
    if (header.suggestions.some((s) => same(s) === same(keyColumn))) return t('match.by.elsewhere');
    return header.suggestions.length ? t('match.by.spare', { column: columnWords(header.suggestions[0]) }) : t('match.by.blank');
  }
  if (header.by === 'none') return t(header.suggestions.length ? 'match.by.none.offers' : 'match.by.none');
  return t(`match.by.${header.by}`, { column: header.name });
}

/**
 * The first rows, by our columns.
 * @param {{headers?: any, rows?: any, now?: any, options?: any}} props
 */
function Preview({ headers, rows, now, options }) {
  const shown = rows.slice(0, shownSamples);
  const order = (c) => options.findIndex((o) => same(o.value) === same(c));
  // A column that has parts in others shows them together.
  const into = (c) => (pieceFor(c) || [c])[0];
  const used = headers.flatMap((_, i) => (now[i] && (counts(now[i]) || pieceFor(now[i])) ? partsOf(into(now[i])).map((part) => ({ i, part })) : []));
  const columns = used.filter((c, k) => used.findIndex((x) => same(x.part) === same(c.part)) === k).sort((a, b) => order(a.part) - order(b.part));
  const value = (r, { i, part }) => {
    const cells = used.filter((x) => same(x.part) === same(part) && same(into(now[x.i])) === same(part)).map((x) => ({ piece: pieceFor(now[x.i]) ? now[x.i] : '', text: r.cells[x.i].trim() }));
    if (cells.length) return joined(cells);
    const split = (r.names || []).find((n) => n.header === i && same(n.column) === same(now[i]));
    return split ? split[part === 'First name' ? 'first' : 'last'] : '…';
  };
  if (!shown.length || !columns.length) return null;
  return (
    <section class="match-part">
      <h2>{t('match.preview')}</h2>
      <div class="preview" role="region" aria-label={t('match.preview')} tabIndex={0}>
        <table>
          <thead><tr><th scope="col">{t('problems.line')}</th>{columns.map((c) => <th key={c.i + c.part} scope="col">{columnWords(c.part)}</th>)}</tr></thead>
          <tbody>
            {shown.map((r) => <tr key={r.line}><th scope="row">{num(r.line)}</th>{columns.map((c) => <td key={c.i + c.part}>{value(r, c)}</td>)}</tr>)}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** The choices of a recipe as the form has them. */
const recipeForm = (r) => ({ dateOrder: r.dateOrder || '', decimalSign: r.decimalSign || '', matchBy: r.matchBy || '', country: r.country || '', mode: r.mode || 'createAndUpdate', fill: Boolean(r.fill), refusals: r.refusals || 'keep', proof: r.proof || '', allowSamePerson: Boolean(r.allowSamePerson) });

/** The whole recipe: that of the import, with what was chosen here. */
function recipeOf(recipe, form, columns) {
  const out = { ...recipe, ...form, columns };
  if (form.mode === 'createAndUpdate') delete out.mode;
  if (form.refusals === 'keep') delete out.refusals;
  for (const [k, v] of Object.entries(out)) if (v === '' || v === false || (k === 'columns' && !Object.keys(v).length)) delete out[k];
  return out;
}

/**
 * How the file is read and applied; open where the result speaks of it.
 * @param {{of?: any, form?: any, onChange?: any, error?: any, columns?: any}} props
 */
function Reading({ of, form, onChange, error, columns }) {
  const told = new Set([...of.warnings, ...of.problems].map((w) => w.code));
  const contacts = of.dataType === 'contacts';
  const spoken = ['dateOrder', 'dateOrderMixed', 'ambiguousDate', 'decimalSign', 'decimalSignMixed', 'ambiguousNumber', 'severalHave', 'phoneCountry', 'badPhone', 'postcodeLostZero', 'refused', 'contactExists', 'contactNotThere', 'samePerson'].some((c) => told.has(c));
  const given = JSON.stringify(form) !== JSON.stringify(recipeForm({}));
  const says = (...codes) => {
    const list = of.warnings.filter((w) => codes.includes(w.code));
    return list.length ? list.map((w) => <span key={w.message} class="block">{w.message}</span>) : null;
  };
  // Texts that the file has may be another system's numbers.
  const texts = catalogue.value.fields.filter((f) => kindNamed(f.kind).maxLength).map((f) => f.code);
  const ids = contacts ? texts.filter((c) => c === form.matchBy || columns.some((x) => x && same(x) === same(`[new] ${c}`))) : [];
  const authorisations = of.dataType === 'authorisations' || contacts && columns.some((c) => c?.startsWith('['));
  return (
    <details class="more part" open={spoken || given}>
      <summary>{t('match.reading')}</summary>
      <div class="field-grid">
        <Field label={t('recipe.dateOrder')} hint={says('dateOrder', 'dateOrderMixed')}>
          {(p) => <select {...p} value={form.dateOrder} onChange={(e) => onChange({ dateOrder: e.currentTarget.value })}>
            {['', 'dmy', 'mdy', 'ymd'].map((o) => <option key={o} value={o}>{t(`recipe.dateOrder.${o || 'auto'}`)}</option>)}
          </select>}
        </Field>
        {columns.some((c) => c?.startsWith('[')) && <Field label={t('recipe.decimalSign')} hint={says('decimalSign', 'decimalSignMixed')}>
          {(p) => <select {...p} value={form.decimalSign} onChange={(e) => onChange({ decimalSign: e.currentTarget.value })}>
            {['', 'point', 'comma'].map((o) => <option key={o} value={o}>{t(`recipe.decimalSign.${o || 'auto'}`)}</option>)}
          </select>}
        </Field>}
        {contacts && <Field label={t('recipe.country')} hint={<>{t('recipe.country.hint')}{says('phoneCountry')}</>} error={faultAt(error, 'body.country')}>
          {(p) => <input {...p} type="text" maxLength={2} autocapitalize="characters" value={form.country} onInput={(e) => onChange({ country: e.currentTarget.value.toUpperCase() })} />}
        </Field>}
      </div>
      {ids.length > 0 && <Field label={t('recipe.matchBy')} hint={t('recipe.matchBy.hint')}>
        {(p) => <select {...p} value={form.matchBy} onChange={(e) => onChange({ matchBy: e.currentTarget.value })}>
          <option value="">{t('recipe.matchBy.none')}</option>
          {ids.map((c) => <option key={c} value={c}>{columnWords(`[new] ${c}`)}</option>)}
        </select>}
      </Field>}
      {contacts && <Choices legend={t('recipe.mode')} name="mode" value={form.mode} onChange={(mode) => onChange({ mode })}
        options={['createAndUpdate', 'create', 'update'].map((m) => ({ value: m, label: t(`recipe.mode.${m}`), hint: t(`recipe.mode.${m}.hint`) }))} />}
      <label class="check"><input type="checkbox" checked={form.fill} onChange={(e) => onChange({ fill: e.currentTarget.checked })} />
        <span>{t('recipe.fill')}<span class="hint block">{t('recipe.fill.hint')}</span></span></label>
      {contacts && <label class="check"><input type="checkbox" checked={form.allowSamePerson} onChange={(e) => onChange({ allowSamePerson: e.currentTarget.checked })} />
        <span>{t('new.samePerson')}<span class="hint block">{t('new.samePerson.hint')}</span></span></label>}
      {authorisations && <>
        <label class="check"><input type="checkbox" checked={form.refusals === 'override'} onChange={(e) => onChange({ refusals: e.currentTarget.checked ? 'override' : 'keep' })} />
          <span>{t('recipe.refusals')}<span class="hint block">{t('recipe.refusals.hint')}{says('consents')}</span></span></label>
        <Field label={t('contact.proof')} optional hint={t('recipe.proof.hint')} error={faultAt(error, 'body.proof')}>
          {(p) => <input {...p} type="text" maxLength={limits.text} value={form.proof} onInput={(e) => onChange({ proof: e.currentTarget.value })} />}
        </Field>
      </>}
    </details>
  );
}
