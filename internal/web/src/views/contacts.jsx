// Contacts: found by number, e-mail or name; one contact's record.
import { useEffect, useRef, useState } from 'preact/hooks';
import { contacts, faultAt, settings } from '../core/api.js';
import { announce } from '../core/announce.js';
import { fieldOf, inRoom, loadCatalogue } from '../core/catalogue.js';
import { contactFields, countries, labelOf, limits, ownWords, spoken, takes, valueWords } from '../core/kinds.js';
import { byText, dateTime, t } from '../core/i18n.js';
import { useLoad, usePages } from '../core/load.js';
import { useStill } from '../core/when.js';
import { go, rename, to } from '../core/router.js';
import { useDraft } from '../core/draft.js';
import { leastWord, may } from '../core/user.js';
import { Address, Badge, Button, ButtonLink, Empty, Failure, Field, Loaded, Notice, Page, Pager, Search } from '../components/basics.jsx';
import { Changed } from '../components/changed.jsx';
import { Draft } from '../components/draft.jsx';
import { Dialog } from '../components/dialog.jsx';
import { Icon } from '../components/icon.jsx';
import { CheckGrid, ValueInput, valuesOf } from '../components/kinds.jsx';
import { Table } from '../components/table.jsx';

const limit = 50;
const nameOf = (c) => [c.title, c.firstName, c.lastName].filter(Boolean).join(' ');

// A search may look at many contacts in vain before it finds one.
async function find(q, cursor, options, onVain) {
  let page = await contacts.find({ q, limit, cursor }, options);
  while (page.items.length === 0 && page.nextCursor) {
    onVain(true);
    page = await contacts.find({ q, limit, cursor: page.nextCursor }, options);
  }
  onVain(false);
  return page;
}

/** @param {{asked?: any}} props */
export function Contacts({ asked }) {
  const [typed, setTyped] = useState(asked || '');
  const q = useStill(typed.trim(), 350);
  const pages = usePages();
  const { cursor } = pages;
  const [vain, setVain] = useState(false);
  const list = useLoad((o) => find(q, cursor, o, setVain), [q, cursor]);
  // Back from a contact leads to what was found.
  useEffect(() => { rename(q ? `${to('contacts')}?q=${encodeURIComponent(q)}` : to('contacts')); }, [q]);
  return (
    <Page title={t('contacts.title')} lead={t('contacts.lead')}
      actions={may('operator') && <>
        <ButtonLink kind="primary" icon="plus" href={to('contacts', 'new')}>{t('contacts.new')}</ButtonLink>
        <ButtonLink icon="trash" href={to('contacts', 'deleted')}>{t('deleted.title')}</ButtonLink>
      </>}>
      <div class="toolbar"><Search label={t('contacts.search')} value={typed} onInput={(x) => { setTyped(x); pages.start(); }} /></div>
      {vain && list.loading && <p class="hint" role="status">{t('contacts.looking')}</p>}
      <Loaded of={list}>
        {({ items, nextCursor }) => (items.length === 0 && pages.page === 0
          ? <Empty icon="people" title={q ? t('search.nothing', { q }) : t('contacts.empty')}>{t('contacts.search.hint')}</Empty>
          : <>
            <p class="hidden" role="status">{q && t('contacts.found', { n: items.length })}</p>
            <Table class="contacts-table" caption={t('contacts.title')} rows={items} rowKey={(c) => c.number} columns={[
              { key: 'number', head: t('contacts.number'), cell: (c) => <a href={to('contacts', c.number)}>#{c.number}</a> },
              { key: 'name', head: t('contacts.name'), main: true, cell: (c) => <a href={to('contacts', c.number)} class="row-link">{nameOf(c) || '–'}</a> },
              { key: 'email', head: t('contact.email'), cell: (c) => (c.email ? <Address of={c.email} /> : null) },
              { key: 'city', head: t('contact.city'), cell: (c) => (c.postcode || c.city ? <span class="any">{[c.postcode, c.city].filter(Boolean).join(' ')}</span> : null) },
              { key: 'language', head: t('contact.language'), cell: (c) => (c.language ? ownWords('language', c.language) : null) },
            ]} />
            <Pager of={pages} next={nextCursor} people={[...q.trim()].length < leastWord} />
          </>)}
      </Loaded>
    </Page>
  );
}

/** Contacts that were deleted and can still be brought back. */
export function Deleted() {
  const pages = usePages();
  const [busy, setBusy] = useState('');
  const [error, setError] = useState(null);
  const { cursor } = pages;
  const list = useLoad((o) => contacts.deleted({ cursor, limit }, o), [cursor]);
  const restore = async (c) => {
    setBusy(c.number);
    setError(null);
    try {
      await contacts.restore(c.number);
      announce(t('deleted.restored', { number: c.number }), { shown: true });
      go(to('contacts', c.number));
    } catch (e) { setError(e); setBusy(''); }
  };
  return (
    <Page title={t('deleted.title')} lead={t('deleted.lead', { n: limits.restoreDays })} back={{ href: to('contacts'), text: t('contacts.title') }}>
      {error && <Failure error={error} />}
      <Loaded of={list}>
        {({ items, nextCursor }) => (items.length === 0 && pages.page === 0
          ? <Empty icon="trash" title={t('deleted.empty', { n: limits.restoreDays })} />
          : <>
            <Table caption={t('deleted.title')} rows={items} rowKey={(c) => c.number} columns={[
              { key: 'number', head: t('contacts.number'), cell: (c) => `#${c.number}` },
              { key: 'name', head: t('contacts.name'), main: true, cell: (c) => nameOf(c) || '–' },
              { key: 'email', head: t('contact.email'), cell: (c) => (c.email ? <Address of={c.email} /> : null) },
              { key: 'at', head: t('deleted.at'), cell: (c) => <span class="any">{t('imports.byAt', { by: c.deletedBy, at: dateTime(c.deletedAt) })}</span> },
              { key: 'until', head: t('deleted.until'), cell: (c) => dateTime(c.erasedAt) },
              { key: 'do', head: t('table.do'), cell: (c) => <Button icon="undo" busy={busy === c.number} aria-label={t('button.of', { what: t('deleted.restore'), of: `#${c.number}` })} onClick={() => restore(c)}>{t('deleted.restore')}</Button> },
            ]} />
            <Pager of={pages} next={nextCursor} people />
          </>)}
      </Loaded>
    </Page>
  );
}

/** @param {{number?: any, editing?: any}} props */
export function Contact({ number, editing }) {
  const load = useLoad(async () => {
    await loadCatalogue();
    const c = await contacts.get(number);
    return { ...c, etag: c.etag };
  }, [number]);
  const c = load.data;
  return (
    <Page title={c ? nameOf(c) || `#${number}` : `#${number}`} back={{ href: to('contacts'), text: t('contacts.title') }}
      lead={c && <span class="facts"><code>#{c.number}</code>{c.email && <span>{c.email}</span>}</span>}
      actions={c && !editing && may('operator') && <ButtonLink icon="edit" kind="primary" href={to('contacts', number, 'edit')}>{t('form.edit')}</ButtonLink>}>
      <Loaded of={load}>
        {(data) => (editing && may('operator') ? <EditContact of={data} reload={load.reload} /> : <><Record of={data} /><History of={data} />{may('operator') && <Remove of={data} />}</>)}
      </Loaded>
    </Page>
  );
}

/** @param {{of?: any}} props */
function Record({ of }) {
  return (
    <div class="record">
      <section class="sheet">
        <h2>{t('room.contact')}</h2>
        <dl>
          {contactFields.map((f) => (
            <div key={f} class={of[f] ? '' : 'void'}><dt>{t(`contact.${f}`)}</dt><dd>{!of[f] ? <span class="empty-value">{t('value.empty')}</span> : f === 'email' ? <Address of={of[f]} /> : ownWords(f, of[f])}</dd></div>
          ))}
        </dl>
      </section>
      {['criterion', 'authorisation'].map((room) => (
        <section class="sheet" key={room}>
          <h2>{t(`room.${room}`)}</h2>
          <dl>
            {inRoom(room).map((f) => {
              const v = room === 'criterion' ? of.criteria[f.code] : of.authorisations[f.code];
              const none = v === undefined || v === null || v === '' || v === 'empty';
              return (
                <div key={f.code} class={none ? 'void' : ''}>
                  <dt>{labelOf(f)}<code>{f.code}</code></dt>
                  <dd>{none ? <span class="empty-value">{t('value.empty')}</span> : <ValueWord f={f} v={v} />}<Origin of={of.provenance?.[f.code]} /></dd>
                </div>
              );
            })}
          </dl>
        </section>
      ))}
    </div>
  );
}

/**
 * The last changes, newest first.
 * @param {{of?: any}} props
 */
function History({ of }) {
  const load = useLoad((o) => contacts.history(of.number, o), [of.number]);
  const named = (field) => {
    const [room, code] = field.split(':');
    return fieldOf(code) || { code, label: code, kind: room, values: [] };
  };
  const said = (field, value) => (field.startsWith('contact:') ? ownWords(field.slice(8), value) : valueWords(named(field), value));
  return (
    <section class="sheet">
      <h2>{t('history.title')}</h2>
      <Loaded of={load}>
        {({ items }) => (items.length === 0 ? <p class="hint">{t('history.empty')}</p> : (
          <Table caption={t('history.title')} rows={items} rowKey={(i) => `${i.at} ${i.field} ${i.line || ''}`} columns={[
            { key: 'field', head: t('history.field'), main: true, cell: (i) => (i.field.startsWith('contact:') ? t(`contact.${i.field.slice(8)}`) : labelOf(named(i.field))) },
            { key: 'from', head: t('changes.from'), cell: (i) => <span class="any">{said(i.field, i.from)}</span> },
            { key: 'to', head: t('changes.to'), cell: (i) => <span class="any">{said(i.field, i.to)}</span> },
            { key: 'at', head: t('history.when'), class: 'small', cell: (i) => <Origin of={i} /> },
          ]} />
        ))}
      </Loaded>
    </section>
  );
}

/** @param {{of?: any}} props */
function Remove({ of }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const remove = async () => {
    setBusy(true);
    try {
      await contacts.remove(of.number, of.etag);
      announce(t('contact.deleted', { number: of.number }), { shown: true });
      go(to('contacts'));
    } catch (e) { setError(e); setBusy(false); setAsking(false); }
  };
  return (
    <div class="form-end">
      {error && <Failure error={error} />}
      <Button kind="danger" icon="trash" onClick={() => setAsking(true)}>{t('form.delete')}</Button>
      {asking && (
        <Dialog title={t('contact.delete.ask', { name: nameOf(of) || `#${of.number}` })} onClose={() => setAsking(false)} actions={<>
          <Button kind="danger" icon="trash" busy={busy} onClick={remove}>{t('form.delete')}</Button>
          <Button kind="quiet" onClick={() => setAsking(false)}>{t('form.cancel')}</Button>
        </>}><p>{t('contact.delete.text', { n: limits.restoreDays })}</p></Dialog>
      )}
    </div>
  );
}

/** @param {{f?: any, v?: any}} props */
function ValueWord({ f, v }) {
  if (typeof v === 'boolean') return <Badge tone={v ? 'green' : 'red'} icon={v ? 'check' : 'close'}>{valueWords(f, v)}</Badge>;
  return <span>{valueWords(f, v)}</span>;
}

/**
 * Where a value came from.
 * @param {{of?: any}} props
 */
function Origin({ of }) {
  if (!of) return null;
  return (
    <span class="origin">
      {of.at && <time dateTime={of.at}>{dateTime(of.at)}</time>}
      {of.import
        ? <> · <a href={to('imports', of.import)} class="any">{of.fileName || t('origin.import')}</a>{of.line > 0 && <> {t('problems.atLine', { line: of.line })}</>}</>
        : of.by && <> · {may('admin') && of.byId ? <a href={`${to('audit')}?who=${encodeURIComponent(of.byId)}`} class="any">{t('origin.by', { by: of.by })}</a> : t('origin.by', { by: of.by })}</>}
      {of.proof && <span class="block">{t('origin.proof', { proof: of.proof })}</span>}
    </span>
  );
}

const types = { email: 'email', birthDate: 'date', phone: 'tel' };
const autocomplete = 'off'; // it is somebody else's data

/** A contact that is still to be made. */
export function NewContact() {
  const load = useLoad(() => loadCatalogue(), []);
  return (
    <Page title={t('contacts.new')} lead={t('contacts.new.lead')} back={{ href: to('contacts'), text: t('contacts.title') }}>
      <Loaded of={load}>{() => <EditContact of={{ number: '', criteria: {}, authorisations: {} }} />}</Loaded>
    </Page>
  );
}

// Fields with a closed list: the codes and their names in the language shown.
const named = (type, codes, has) => [...new Set(has ? [...codes, has] : codes)].map((c) => [c, ownWords(type, c)]).sort((a, b) => byText(a[1], b[1]));

/**
 * The input of one of the contact's own fields.
 * @param {Record<string, any>} props
 */
function OwnInput({ f, value, titles, onChange, ...rest }) {
  const options = f === 'language' ? named('language', spoken, value) : f === 'country' ? named('country', countries, value)
    : f === 'title' && titles.length ? [...new Set(value ? [...titles, value] : titles)].map((x) => [x, x]) : null;
  if (!options) return <input {...rest} type={types[f] || 'text'} autocomplete={autocomplete} value={value} onInput={(e) => onChange(e.currentTarget.value)} />;
  return (
    <select {...rest} value={value} onChange={(e) => onChange(e.currentTarget.value)}>
      <option value="">{t('form.none')}</option>
      {options.map(([code, name]) => <option key={code} value={code}>{name}</option>)}
    </select>
  );
}

// What a contact has, each value under its name and in words.
const inWords = (c, own) => Object.fromEntries([
  ...contactFields.map((f) => [t(`contact.${f}`), ownWords(f, own[f])]),
  ...inRoom('criterion').map((f) => [labelOf(f), valueWords(f, c.criteria[f.code] ?? '')]),
  ...inRoom('authorisation').map((f) => [labelOf(f), valueWords(f, c.authorisations[f.code] ?? 'empty')]),
]);

const formOf = (c) => ({ number: c.number, own: Object.fromEntries(contactFields.map((f) => [f, c[f] || ''])), criteria: c.criteria, authorisations: c.authorisations, proof: '', etag: c.etag });

/** @param {{of?: any, reload?: any}} props */
function EditContact({ of, reload }) {
  const fresh = !of.number;
  const [draft, set, forget, back, begin] = useDraft(`contact.${of.number}`, () => formOf(of));
  const [titles, setTitles] = useState([]);
  useEffect(() => { settings.get().then((x) => setTitles(x.titles || []), () => {}); }, []);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const form = useRef(null);
  const wrong = (at) => faultAt(error, `body.${at}`);
  const shown = new Set([...contactFields, 'number', 'proof', ...inRoom('criterion').map((f) => `criteria.${f.code}`), ...inRoom('authorisation').map((f) => `authorisations.${f.code}`)].map((at) => `body.${at}`));
  const setIn = (room, code, v) => set((d) => {
    const next = { ...d[room] };
    if (v === '' || v === null || (Array.isArray(v) && v.length === 0)) delete next[code];
    else next[code] = v;
    return { ...d, [room]: next };
  });
  const save = async (etag) => {
    setError(null);
    let number = fresh ? draft.number.trim().replace(/^#/, '') : of.number;
    if (!/^\d{0,20}$/.test(number)) {
      setError({ errors: [{ location: 'body.number', message: t('contact.number.wrong') }] });
      setTimeout(() => form.current?.querySelector('[aria-invalid]')?.focus(), 0);
      return;
    }
    setBusy(true);
    try {
      if (!number) {
        // It stays in the form, so that saving again makes no second contact.
        ({ number } = await contacts.nextNumber());
        set({ number });
      }
      await contacts.put(number, {
        ...Object.fromEntries(Object.entries(draft.own).filter(([, v]) => v !== '')),
        criteria: draft.criteria, authorisations: draft.authorisations, ...(draft.proof ? { proof: draft.proof } : {}),
      }, fresh ? null : etag);
      forget();
      await reload?.();
      announce(t('contact.saved'), { shown: true });
      go(to('contacts', number));
    } catch (x) {
      setError(x);
      setBusy(false);
      setTimeout(() => form.current?.querySelector('[aria-invalid]')?.focus(), 0);
    }
  };
  const startOver = async () => {
    const now = await reload();
    if (now) begin(formOf(now));
    setError(null);
  };
  return (
    <form class="form wide" onSubmit={(e) => { e.preventDefault(); save(draft.etag); }} noValidate ref={form}>
        <Draft of={back} />
      <fieldset class="sheet-fields">
        <legend>{t('room.contact')}</legend>
        <div class="field-grid">
          {fresh && (
            <div class="own-row">
              <Field label={t('contact.number')} hint={t('contact.number.hint')} error={wrong('number')} optional>
                {(p) => <input {...p} type="text" inputMode="numeric" autocomplete="off" value={draft.number} onInput={(e) => set({ number: e.currentTarget.value })} />}
              </Field>
            </div>
          )}
          {contactFields.map((f) => (
            <Field key={f} label={t(`contact.${f}`)} error={wrong(f)}>
              {(p) => <OwnInput {...p} f={f} titles={titles} value={draft.own[f]} onChange={(v) => set((d) => ({ ...d, own: { ...d.own, [f]: v } }))} />}
            </Field>
          ))}
        </div>
      </fieldset>
      <fieldset class="sheet-fields">
        <legend>{t('room.criterion')}</legend>
        <div class="field-grid">
          {inRoom('criterion').map((f) => <Criterion key={f.code} f={f} value={draft.criteria[f.code]} error={wrong(`criteria.${f.code}`)} onChange={(v) => setIn('criteria', f.code, v)} />)}
        </div>
      </fieldset>
      <fieldset class="sheet-fields">
        <legend>{t('room.authorisation')}</legend>
        <div class="field-grid">
          {inRoom('authorisation').map((f) => (
            <Field key={f.code} label={labelOf(f)} error={wrong(`authorisations.${f.code}`)}>
              {(p) => <ValueInput {...p} f={f} value={draft.authorisations[f.code] ?? 'empty'} onChange={(v) => setIn('authorisations', f.code, v)} />}
            </Field>
          ))}
        </div>
        <Field label={t('contact.proof')} hint={t('contact.proof.hint')} optional error={wrong('proof')}>
          {(p) => <input {...p} type="text" maxLength={limits.text} value={draft.proof} onInput={(e) => set({ proof: e.currentTarget.value })} />}
        </Field>
      </fieldset>
      {error && (error.status === 412
        ? fresh
          ? <Notice kind="bad" live title={t('contact.number.taken')} actions={<ButtonLink href={to('contacts', draft.number.trim().replace(/^#/, ''))}>{t('contact.number.see')}</ButtonLink>} />
          : <Changed mine={draft} read={() => contacts.get(of.number)} show={(c) => inWords(c, c.own || c)} busy={busy} onTake={startOver} onKeep={(theirs) => save(theirs.etag)} />
        : <Failure error={error} beside={(l) => shown.has(l)} />)}
      <div class="form-end">
        <Button type="submit" kind="primary" icon="check" busy={busy}>{t('form.save')}</Button>
        <ButtonLink kind="quiet" href={fresh ? to('contacts') : to('contacts', of.number)} onClick={forget}>{t('form.cancel')}</ButtonLink>
      </div>
    </form>
  );
}

/** @param {{f?: any, value?: any, error?: any, onChange?: any}} props */
function Criterion({ f, value, error, onChange }) {
  if (takes(f.kind, 'is') !== 'set') {
    return <Field label={labelOf(f)} error={error}>{(p) => <ValueInput {...p} f={f} value={value} onChange={onChange} />}</Field>;
  }
  // A retired value stays where it is, and can no longer be chosen.
  const has = value || [];
  const options = valuesOf(f, f.values.filter((v) => !v.retired || has.includes(v.code)));
  return (
    <fieldset class="field">
      <legend>{labelOf(f)}</legend>
      <CheckGrid class="check-grid tight" options={options} value={has} onChange={onChange} />
      {error && <p class="field-error" role="alert"><Icon name="error" />{error}</p>}
    </fieldset>
  );
}
