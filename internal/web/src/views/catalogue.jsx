// The catalogue, for administrators: criteria with their values, authorisations;
// as CSV in and out.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem, authorisations, criteria, faultAt, words } from '../core/api.js';
import { announce } from '../core/announce.js';
import { catalogue, inRoom, loadCatalogue } from '../core/catalogue.js';
import { fromCSV } from '../core/cataloguecsv.js';
import { decode } from '../core/csv.js';
import { useDraft } from '../core/draft.js';
import { languages, listed, t } from '../core/i18n.js';
import { criterionKinds, kindNamed, labelOf, labelsAfter, limits } from '../core/kinds.js';
import { useLoad } from '../core/load.js';
import { go, to } from '../core/router.js';
import { may } from '../core/user.js';
import { Changed } from '../components/changed.jsx';
import { saveValues } from '../core/valuescsv.js';
import { Badge, Button, ButtonLink, Choices, Empty, Failure, Field, Loaded, Notice, Page, Skeleton } from '../components/basics.jsx';
import { Draft } from '../components/draft.jsx';
import { Dialog } from '../components/dialog.jsx';
import { Icon } from '../components/icon.jsx';
import { Table } from '../components/table.jsx';

const apiOf = (room) => (room === 'criterion' ? criteria : authorisations);
const pathOf = { criterion: 'criteria', authorisation: 'authorisations' };

export function Catalogue() {
  const [error, setError] = useState(null);
  const load = () => { setError(null); loadCatalogue(true).catch(setError); };
  useEffect(load, []);
  const [incoming, setIncoming] = useState(null);
  const picker = useRef(null);
  const read = async (e) => {
    const file = e.target.files[0];
    e.currentTarget.value = '';
    if (!file) return;
    try {
      const text = decode(await file.arrayBuffer());
      setIncoming(fromCSV(text, await loadCatalogue(true))); // beside what there is now
    } catch (x) { setIncoming({ faults: [x instanceof Problem ? words(x) : t(`cataloguecsv.${x.code || 'unreadable'}`, x.params)], changes: [] }); }
  };
  return (
    <Page title={t('catalogue.title')} lead={t('catalogue.lead')} actions={<>
      <ButtonLink kind="primary" icon="plus" href={to('catalogue', 'criteria', 'new')}>{t('catalogue.new.criterion')}</ButtonLink>
      <ButtonLink icon="plus" href={to('catalogue', 'authorisations', 'new')}>{t('catalogue.new.authorisation')}</ButtonLink>
      <Button icon="upload" onClick={() => picker.current.click()}>{t('catalogue.import')}</Button>
      <Button icon="download" disabled={!catalogue.value} onClick={saveValues}>{t('values.csv')}</Button>
      <input ref={picker} type="file" accept=".csv,text/csv" class="hidden-input" tabIndex={-1} aria-label={t('catalogue.import')} onChange={read} />
    </>}>
      {error && <Failure error={error} onRetry={load} />}
      {!catalogue.value && !error && <Skeleton rows={8} />}
      {catalogue.value && ['criterion', 'authorisation'].map((room) => {
        const mine = inRoom(room);
        return (
          <section key={room} class="catalogue-room">
            <h2>{t(`room.${room}`)}</h2>
            {mine.length === 0
              ? <Empty icon="tag" title={t(`catalogue.empty.${room}`)} />
              : <Table class="catalogue-table" caption={t(`room.${room}`)} rows={mine} rowKey={(f) => f.code} columns={[
                { key: 'label', head: t('catalogue.label'), main: true, cell: (f) => <a class="row-link" href={to('catalogue', pathOf[room], f.code)}>{labelOf(f)}</a> },
                { key: 'code', head: t('catalogue.code'), cell: (f) => <code>{f.code}</code> },
                ...(room === 'criterion' ? [
                  { key: 'kind', head: t('catalogue.kind'), cell: (f) => t(`kind.${f.kind}`) },
                  { key: 'values', head: t('catalogue.values'), number: true, cell: (f) => (f.values.length || null) },
                ] : []),
              ]} />}
          </section>
        );
      })}
      {incoming && <Incoming of={incoming} onClose={() => setIncoming(null)} />}
    </Page>
  );
}

/**
 * What a CSV would change in the catalogue, and doing it.
 * @param {{of?: any, onClose?: any}} props
 */
function Incoming({ of, onClose }) {
  const tags = useLoad(async () => Object.fromEntries(await Promise.all(of.changes.filter((c) => !c.isNew).map(async (c) => [c.code, (await apiOf(c.room).get(c.code)).etag]))), [of]);
  const [done, setDone] = useState(0);
  const [busy, setBusy] = useState(false);
  const [failures, setFailures] = useState([]);
  const run = async () => {
    setBusy(true);
    const wrong = [];
    for (const [n, c] of of.changes.entries()) {
      try {
        await apiOf(c.room).put(c.code, c.body, tags.data[c.code]);
      } catch (e) { wrong.push(`${c.code}: ${words(e)}`); }
      setDone(n + 1);
    }
    await loadCatalogue(true).catch(() => {});
    setBusy(false);
    setFailures(wrong);
    announce(t('cataloguecsv.done', { n: of.changes.length - wrong.length }), { shown: true });
    if (!wrong.length) onClose();
  };
  const nothing = of.faults.length === 0 && of.changes.length === 0;
  return (
    <Dialog title={t('catalogue.import')} onClose={busy ? undefined : onClose} actions={<>
      {of.changes.length > 0 && !of.faults.length && !failures.length && <Button kind="primary" busy={busy} disabled={!tags.data} onClick={run}>{t('cataloguecsv.apply', { n: of.changes.length })}</Button>}
      {!busy && <Button kind="quiet" onClick={onClose}>{t('form.close')}</Button>}
    </>}>
      {of.faults.length > 0 && <Notice kind="bad" title={t('cataloguecsv.faults', { n: of.faults.length })}><ul class="faults">{of.faults.slice(0, 20).map((f) => <li key={f}>{f}</li>)}</ul></Notice>}
      {failures.length > 0 && <Notice kind="bad" live title={t('cataloguecsv.failures', { n: failures.length })}><ul class="faults">{failures.map((f) => <li key={f}>{f}</li>)}</ul></Notice>}
      {nothing && <p>{t('cataloguecsv.nothing')}</p>}
      {tags.error && <Failure error={tags.error} onRetry={tags.reload} />}
      {of.changes.length > 0 && !of.faults.length && (
        <ul class="change-list">
          {of.changes.map((c) => (
            <li key={c.code}><Badge tone={c.isNew ? 'green' : 'blue'}>{t(c.isNew ? 'cataloguecsv.new' : 'cataloguecsv.changed')}</Badge> <code>{c.code}</code> {c.body.label}
              {c.what.length > 0 && <span class="hint block">{c.what.join(' · ')}</span>}</li>
          ))}
        </ul>
      )}
      {busy && <p role="status" class="hint">{t('cataloguecsv.progress', { n: done, of: of.changes.length })}</p>}
    </Dialog>
  );
}

/** @param {{room?: any, code?: any}} props */
export function CatalogueField({ room, code }) {
  const load = useLoad(() => (code === 'new' ? Promise.resolve({ code: '', label: '', labels: {}, kind: 'choice', values: [] }) : apiOf(room).get(code)), [room, code]);
  const title = code === 'new' ? t(`catalogue.new.${room}`) : load.data ? labelOf(load.data) : code;
  return (
    <Page title={title} lead={code !== 'new' && <code>{code}</code>} back={{ href: to('catalogue'), text: t('catalogue.title') }}>
      <Loaded of={load}>
        {(stored) => <EditField key={code} room={room} code={code} stored={stored} reload={load.reload} />}
      </Loaded>
    </Page>
  );
}

/** A value as the API shows it, without what is empty; was is its label before. */
function valueOf(v, was) {
  const labels = labelsAfter(v.labels, was, v.label);
  return { code: v.code, label: v.label, ...(Object.keys(labels).length ? { labels } : {}), ...(v.retired ? { retired: true } : {}) };
}

const draftOf = (stored) => ({
  code: stored.code || '', label: stored.label, labels: stored.labels || {}, kind: stored.kind || 'choice', maxLength: stored.maxLength || '', decimals: stored.decimals || 0,
  values: (stored.values || []).map((v) => ({ ...v, stored: true })), etag: stored.etag,
});

/** A definition in words, beside another version of it: what each of its parts is called, and says. */
function inWords(def, other) {
  const labels = (name, of) => Object.fromEntries(Object.entries(of || {}).map(([l, text]) => [`${name} (${languages[l]})`, text]));
  const codes = (d) => (d.values || []).map((v) => v.code);
  const moved = codes(def).length === codes(other).length && codes(def).every((c) => codes(other).includes(c));
  return {
    [t('catalogue.label')]: def.label, ...labels(t('catalogue.label'), def.labels),
    [t('catalogue.maxLength')]: def.maxLength || '', [t('catalogue.decimals')]: def.decimals || 0,
    ...Object.assign({}, ...(def.values || []).map((v) => ({ [v.code]: v.retired ? `${v.label} (${t('values.retired')})` : v.label, ...labels(v.code, v.labels) }))),
    ...(moved ? { [t('catalogue.values')]: listed(codes(def)) } : {}),
  };
}

/** @param {{room?: any, code?: any, stored?: any, reload?: any}} props */
function EditField({ room, code, stored, reload }) {
  const fresh = code === 'new';
  const [draft, set, forget, back, begin] = useDraft(`catalogue.${room}.${code}`, () => draftOf(stored));
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [missing, setMissing] = useState(/** @type {Record<string, string>} */ ({}));
  const form = useRef(null);
  const wrong = (at) => missing[at] || faultAt(error, at);
  const toWrong = () => setTimeout(() => form.current?.querySelector('[aria-invalid]')?.focus());
  const kind = room === 'criterion' ? kindNamed(draft.kind) : {};
  const setValue = (i, change) => set((d) => ({ ...d, values: d.values.map((v, k) => (k === i ? { ...v, ...change } : v)) }));
  const bodyOf = () => {
    const body = { label: draft.label, labels: labelsAfter(draft.labels, stored.label, draft.label) };
    if (room === 'criterion') {
      body.kind = draft.kind;
      if (kind.values) body.values = draft.values.map((v) => valueOf(v, stored.values?.find((s) => s.code === v.code)?.label));
      if (kind.maxLength && draft.maxLength) body.maxLength = Number(draft.maxLength);
      if (kind.decimals && Number(draft.decimals)) body.decimals = Number(draft.decimals);
    }
    return body;
  };
  const take = async () => {
    const now = await reload();
    if (now) begin(draftOf(now));
    setError(null);
  };
  const save = async (etag) => {
    setError(null);
    setBusy(true);
    try {
      const there = fresh && draft.code && (await loadCatalogue(true)).byCode[draft.code];
      const faults = { 'path.code': there ? t('catalogue.code.taken', { label: labelOf(there) }) : fresh && !draft.code ? t('catalogue.code.missing') : '', 'body.label': draft.label.trim() ? '' : t('catalogue.label.missing') };
      setMissing(faults);
      if (faults['path.code'] || faults['body.label']) { setBusy(false); toWrong(); return; }
      await apiOf(room).put(fresh ? draft.code : code, bodyOf(), etag);
      forget();
      await loadCatalogue(true).catch(() => {});
      announce(t('catalogue.saved', { label: draft.label }), { shown: true });
      go(to('catalogue'));
    } catch (x) { setError(x); setBusy(false); toWrong(); }
  };
  const remove = async () => {
    setBusy(true);
    setError(null);
    try {
      await apiOf(room).remove(code, stored.etag);
      forget();
      await loadCatalogue(true).catch(() => {});
      announce(t('catalogue.deleted', { label: stored.label }), { shown: true });
      go(to('catalogue'));
    } catch (x) { setError(x); setBusy(false); setRemoving(false); }
  };
  return (
    <form class="form" onSubmit={(e) => { e.preventDefault(); save(draft.etag); }} noValidate ref={form}>
        <Draft of={back} />
      {fresh && (
        <Field label={t('catalogue.code')} hint={t('catalogue.code.hint', { n: limits.code })} error={wrong('path.code')}>
          {(p) => <input {...p} type="text" class="mono" maxLength={limits.code} value={draft.code} spellcheck={false} autocomplete="off" onInput={(e) => set({ code: e.currentTarget.value.toUpperCase().replace(/[^A-Z0-9_]/g, '_') })} />}
        </Field>
      )}
      <Field label={t('catalogue.label')} error={wrong('body.label')}>
        {(p) => <input {...p} type="text" maxLength={limits.label} value={draft.label} onInput={(e) => set({ label: e.currentTarget.value })} />}
      </Field>
      <details class="more" open={Object.keys(draft.labels).length > 0 && !fresh}>
        <summary>{t('catalogue.labels')}</summary>
        <Labels of={draft.labels} at="body.labels" wrong={wrong} onChange={(labels) => set({ labels })} />
      </details>
      {room === 'criterion' && (fresh
        ? <Choices legend={t('catalogue.kind')} hint={t('catalogue.kind.hint')} name="kind" value={draft.kind} onChange={(kind) => set({ kind })} options={criterionKinds.map((k) => ({ value: k, label: t(`kind.${k}`), hint: t(`kind.${k}.hint`, { n: limits.text }) }))} />
        : <p class="fact"><span class="hint">{t('catalogue.kind')}</span> {t(`kind.${draft.kind}`)}</p>)}
      {kind.maxLength && (
        <Field label={t('catalogue.maxLength')} hint={t('catalogue.maxLength.hint', { n: limits.text })} error={wrong('body.maxLength')} optional>
          {(p) => <input {...p} type="number" min={1} max={limits.text} value={draft.maxLength} onInput={(e) => set({ maxLength: e.currentTarget.value })} />}
        </Field>
      )}
      {kind.decimals && (
        <Field label={t('catalogue.decimals')} hint={t('catalogue.decimals.hint', { n: limits.decimals })} error={wrong('body.decimals')}>
          {(p) => <input {...p} type="number" min={0} max={limits.decimals} value={draft.decimals} onInput={(e) => set({ decimals: e.currentTarget.value })} />}
        </Field>
      )}
      {kind.values && <ValuesEditor values={draft.values} wrong={wrong} setValue={setValue} set={set} />}
      {error && (error.status === 412
        ? <Changed mine={bodyOf()} read={() => apiOf(room).get(code)} show={inWords} busy={busy} onTake={take} onKeep={(theirs) => save(theirs.etag)} />
        : <Failure error={error} beside={(l) => /^(path\.code|body\.(label|maxLength|decimals|values|values\[\d+\]\.(code|label)))$/.test(l)} />)}
      <div class="form-end">
        {may('admin') && <Button type="submit" kind="primary" icon="check" busy={busy}>{t('form.save')}</Button>}
        {!fresh && <Button kind="danger" icon="trash" onClick={() => setRemoving(true)}>{t('form.delete')}</Button>}
        <ButtonLink kind="quiet" href={to('catalogue')} onClick={forget}>{t('form.cancel')}</ButtonLink>
      </div>
      {removing && (
        <Dialog title={t('catalogue.delete.ask', { label: stored.label })} onClose={() => setRemoving(false)} actions={<>
          <Button kind="danger" icon="trash" busy={busy} onClick={remove}>{t('form.delete')}</Button>
          <Button kind="quiet" onClick={() => setRemoving(false)}>{t('form.cancel')}</Button>
        </>}><p>{t('catalogue.delete.text')}</p></Dialog>
      )}
    </form>
  );
}

/**
 * A label in each language.
 * @param {{of?: any, at?: any, wrong?: any, onChange?: any}} props
 */
function Labels({ of, at, wrong, onChange }) {
  return (
    <div class="field-grid">
      {Object.entries(languages).map(([l, name]) => (
        <Field key={l} label={name} error={wrong(`${at}.${l}`)}>
          {(p) => <input {...p} type="text" lang={l} maxLength={limits.label} value={of?.[l] || ''} onInput={(e) => onChange({ ...of, [l]: e.currentTarget.value })} />}
        </Field>
      ))}
    </div>
  );
}

/** @param {{values?: any, wrong?: any, setValue?: any, set?: any}} props */
function ValuesEditor({ values, wrong, setValue, set }) {
  const list = useRef(null);
  const [open, setOpen] = useState(null); // the value whose other labels are shown
  const add = () => {
    set((d) => ({ ...d, values: [...d.values, { code: '', label: '' }] }));
    setTimeout(() => [...list.current.querySelectorAll('input.mono')].pop()?.focus(), 0);
  };
  return (
    <fieldset class="values-editor">
      <legend>{t('catalogue.values')}</legend>
      <p class="hint">{t('catalogue.values.hint')}</p>
      {wrong('body.values') && <p class="field-error" role="alert"><Icon name="error" />{wrong('body.values')}</p>}
      <ul ref={list}>
        {values.map((v, i) => (
          <li key={i} class={v.retired ? 'retired' : ''}>
            <input class="mono" type="text" aria-label={t('catalogue.value.code', { n: i + 1 })} placeholder={t('catalogue.code')} value={v.code} readOnly={v.stored} maxLength={limits.code} spellcheck={false}
              aria-invalid={wrong(`body.values[${i}].code`) ? 'true' : undefined} onInput={(e) => setValue(i, { code: e.currentTarget.value.toUpperCase().replace(/[^A-Z0-9_]/g, '_') })} />
            <input type="text" aria-label={t('catalogue.value.label', { n: i + 1 })} placeholder={t('catalogue.label')} value={v.label} maxLength={limits.label}
              aria-invalid={wrong(`body.values[${i}].label`) ? 'true' : undefined} onInput={(e) => setValue(i, { label: e.currentTarget.value })} />
            {v.stored
              ? <label class="check"><input type="checkbox" checked={Boolean(v.retired)} onChange={(e) => setValue(i, { retired: e.currentTarget.checked })} /><span>{t('values.retired')}</span></label>
              : <Button kind="quiet icon-only" icon="close" aria-label={t('catalogue.value.remove', { n: i + 1 })} onClick={() => set((d) => ({ ...d, values: d.values.filter((_, k) => k !== i) }))} />}
            <Button kind="quiet icon-only" icon="globe" aria-expanded={open === i} aria-label={t('catalogue.value.labels', { n: i + 1 })} onClick={() => setOpen(open === i ? null : i)} />
            {open === i && <div role="group" aria-label={t('catalogue.value.labels', { n: i + 1 })}><Labels of={v.labels} at={`body.values[${i}].labels`} wrong={wrong} onChange={(labels) => setValue(i, { labels })} /></div>}
            {[`body.values[${i}].code`, `body.values[${i}].label`].map(wrong).filter(Boolean).map((m) => <p key={m} class="field-error" role="alert"><Icon name="error" />{m}</p>)}
          </li>
        ))}
      </ul>
      <Button icon="plus" onClick={add}>{t('catalogue.value.add')}</Button>
    </fieldset>
  );
}
