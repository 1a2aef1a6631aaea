// Import templates: the list of those made, and the form for a new one.
import { useEffect, useRef, useState } from 'preact/hooks';
import { templates, targets, newKey } from '../core/api.js';
import { announce } from '../core/announce.js';
import { catalogue, fieldOf, inRoom, loadCatalogue } from '../core/catalogue.js';
import { contactFields, labelOf } from '../core/kinds.js';
import { useDraft } from '../core/draft.js';
import { openDownload } from '../core/files.js';
import { ago, bytes, dateTime, day as dayOf, num, t } from '../core/i18n.js';
import { useLoad, usePages, usePoll } from '../core/load.js';
import { mailWords } from '../core/mail.js';
import { go, to } from '../core/router.js';
import { exports, may } from '../core/user.js';
import { keepFormat, newTemplate } from '../core/forms.js';
import { Button, ButtonLink, Choices, Empty, Failure, Field, Loaded, Notice, Page, Pager, Skeleton } from '../components/basics.jsx';
import { Draft } from '../components/draft.jsx';
import { Download } from '../components/files.jsx';
import { Status, active } from '../components/status.jsx';
import { Table } from '../components/table.jsx';
import { Count } from '../components/count.jsx';
import { Icon } from '../components/icon.jsx';

const limit = 50;

/** @param {{id?: any}} props */
export function Templates({ id }) {
  const pages = usePages();
  const { cursor } = pages;
  const list = useLoad((o) => templates.list({ limit, cursor }, o), [cursor]);
  const items = list.data?.items || [];
  usePoll(list.again, { active: items.some(active), mark: items.map((i) => i.status).join(), idle: cursor === '' ? 30000 : 0 });
  const operator = may('operator');
  return (
    <Page title={t('templates.title')} lead={t('templates.lead')}
      actions={operator && <ButtonLink kind="primary" icon="download" href={to('templates', 'new')}>{t('templates.new')}</ButtonLink>}>
      {id && <One id={id} />}
      <Loaded of={list}>
        {({ items: shown, nextCursor }) => (shown.length === 0 && pages.page === 0
          ? <Empty icon="table" title={t('templates.empty')} actions={operator && <ButtonLink kind="primary" icon="download" href={to('templates', 'new')}>{t('templates.new')}</ButtonLink>}>{t('templates.empty.text')}</Empty>
          : <>
            <Table class="templates-table" caption={t('templates.title')} rows={shown} rowKey={(i) => i.id} rowClass={(i) => (i.id === id ? 'marked' : '')} columns={[
              { key: 'target', head: t('templates.target'), main: true, cell: (i) => i.targetName },
              { key: 'type', head: t('imports.dataType'), cell: (i) => <>{t(`dataType.${i.dataType}`)}{i.format !== 'csv' && <span class="hint block">{t(`format.${i.format}`)}</span>}{i.include?.map((d) => <span class="hint block" key={d}>{t(`templates.include.${d}`)}</span>)}{i.fields.length > 0 && <span class="hint block">{t('templates.fields.some', { n: i.fields.length })}</span>}{i.updatedSince && <span class="hint block">{t('templates.changedSince', { day: dayOf(i.updatedSince) })}</span>}</> },
              { key: 'status', head: t('imports.status'), cell: (i) => <><Status of={i} />{i.problem && <span class="hint block">{i.problem.message}</span>}</> },
              { key: 'contacts', head: t('contacts.title'), number: true, cell: (i) => (i.status === 'ready' ? num(i.contacts) : null) },
              { key: 'age', head: t('templates.age'), wide: true, cell: (i) => <Age of={i} /> },
              { key: 'by', head: t('imports.by'), class: 'small', cell: (i) => <span title={i.createdBy}>{i.createdBy.split('@')[0]}</span> },
              { key: 'file', head: t('imports.downloads'), wide: true, cell: (i) => (i.status === 'ready' && exports() ? <Download ask={() => templates.file(i.id)}>{t('templates.download')}<span class="hidden"> {i.targetName}</span> <span class="nowrap">· {bytes(i.bytes)}</span></Download> : null) },
            ]} />
            {!exports() && <p class="hint">{t('export.files')}</p>}
            <Pager of={pages} next={nextCursor} />
          </>)}
      </Loaded>
    </Page>
  );
}

const week = 7 * 86400e3;

/** @param {{of?: any}} props */
function Age({ of }) {
  const old = of.status === 'ready' && Date.now() - new Date(of.createdAt).getTime() > week;
  return (
    <>
      <time dateTime={of.createdAt} title={dateTime(of.createdAt)}>{ago(of.createdAt)}</time>
      {old && <span class="hint block">{t('templates.old')}</span>}
      {of.status === 'ready' && of.dataType !== 'contacts' && <Since id={of.id} />}
    </>
  );
}

/**
 * How many contacts changed since: asked for, because all contacts are looked through.
 * @param {{id?: any}} props
 */
function Since({ id }) {
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const ask = async () => {
    setBusy(true);
    setError(null);
    try {
      const { count, complete } = await templates.changes(id);
      setFound(t(complete ? 'templates.since' : 'templates.sinceAtLeast', { n: count }));
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return <div role="status">{error && <Failure error={error} />}{found || <Button kind="quiet" disabled={busy} onClick={ask}>{t('templates.sinceAsk')}</Button>}</div>;
}

/**
 * The template that a mail links to: its download starts by itself.
 * @param {{id?: any}} props
 */
function One({ id }) {
  const load = useLoad((o) => templates.get(id, o), [id]);
  const it = load.data;
  usePoll(load.again, { active: Boolean(it && active(it)), mark: it?.status });
  const [error, setError] = useState(null);
  const fetched = useRef('');
  const fetchIt = async () => {
    setError(null);
    try {
      openDownload((await templates.file(id)).url);
      announce(t('download.started'));
    } catch (e) { setError(e); }
  };
  useEffect(() => {
    if (it?.status !== 'ready' || fetched.current === id) return;
    fetched.current = id;
    fetchIt();
  }, [it?.status, id]);
  if (load.error) return <Failure error={load.error} onRetry={load.reload} />;
  if (!it) return <Skeleton rows={2} />;
  if (error) return <Failure error={error} onRetry={fetchIt} />;
  if (active(it)) return <Notice title={t('templates.one.preparing', { target: it.targetName })}><p>{it.email ? t('templates.one.mail', { email: it.email }) : t('templates.one.stay')}</p></Notice>;
  if (it.status === 'ready') {
    const said = mailWords(it);
    return (
      <Notice kind="good" title={t('templates.one.ready', { target: it.targetName })} actions={<>
        {may('operator') && <ButtonLink icon="plus" href={to('new')}>{t('new')}</ButtonLink>}
        <Button kind="quiet" icon="download" onClick={fetchIt}>{t('templates.again')}</Button>
      </>}>
        <p>{t('templates.one.next')}</p>
        {said && (said.trouble || it.mail.status === 'waiting') && <p class="detail">{said.what} {said.why}</p>}
      </Notice>
    );
  }
  return (
    <Notice kind="bad" title={it.problem?.message || t(`templates.one.${it.status}`)} actions={may('operator') && <ButtonLink href={to('templates', 'new')} icon="download">{t('templates.new')}</ButtonLink>} />
  );
}

export function NewTemplate() {
  const [draft, set, forget, back] = useDraft('template', () => newTemplate(''));
  const load = useLoad(() => targets.all(), []);
  const [ready, setReady] = useState(Boolean(catalogue.value));
  const [wrong, setWrong] = useState(/** @type {Record<string, string>} */ ({}));
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [sent, setSent] = useState(false);
  const request = useRef({ key: '', of: '' });
  useEffect(() => { loadCatalogue().then(() => setReady(true), setError); }, []);
  const room = { contacts: 'contact', criteria: 'criterion', authorisations: 'authorisation' }[draft.dataType];
  const all = !ready ? [] : room === 'contact' ? contactFields.map(fieldOf) : inRoom(room);
  const picked = all.map((f) => f.code).filter((c) => !draft.fields || draft.fields.includes(c));
  const target = load.data?.find((x) => x.id === draft.targetId);

  // What is chosen is known when targets and fields are there: whoever is quicker waits.
  const known = Boolean(ready && load.data), failed = Boolean(error || load.error);
  useEffect(() => {
    if (!sent || (!known && !failed)) return;
    setSent(false);
    if (known) submit();
  }, [sent, known, failed]);

  const submit = async () => {
    const faults = {
      targetId: target ? '' : t('templates.target.missing'),
      fields: picked.length ? '' : t('templates.fields.missing'),
      email: draft.mail && !/^\S+@\S+\.\S+$/.test(draft.email) ? t('form.email.wrong') : '',
    };
    setWrong(faults);
    const first = Object.keys(faults).find((k) => faults[k]);
    if (first) { /** @type {HTMLElement} */ (document.querySelector(`[name=${first}]`))?.focus(); return; }
    const body = { dataType: draft.dataType, targetId: draft.targetId };
    if (picked.length < all.length) body.fields = picked;
    if (draft.dataType === 'contacts' && draft.include?.length) body.include = draft.include;
    if (draft.since) body.updatedSince = new Date(`${draft.since}T00:00:00`).toISOString();
    if (draft.format !== 'csv') body.format = draft.format;
    if (draft.mail) body.email = draft.email;
    const of = JSON.stringify(body);
    if (request.current.of !== of) request.current = { key: newKey(), of };
    setBusy(true);
    setError(null);
    try {
      const made = await templates.create(body, request.current.key);
      forget();
      keepFormat(draft.format);
      go(to('templates', made.id));
    } catch (x) { setError(x); setBusy(false); }
  };

  return (
    <Page title={t('templates.new')} lead={t('templates.new.lead')} back={{ href: to('templates'), text: t('templates.title') }}>
      <form class="form" onSubmit={(e) => { e.preventDefault(); setSent(true); }} noValidate>
        <Draft of={back} />
        <div class="part">
        <Choices legend={t('imports.dataType')} name="dataType" value={draft.dataType} onChange={(dataType) => set({ dataType, fields: null })}
          options={['criteria', 'authorisations', 'contacts'].map((d) => ({ value: d, label: t(`dataType.${d}`), hint: t(`dataType.${d}.template`) }))} />
        <Loaded of={load} rows={2}>
          {(list) => (list.length === 0
            ? <Notice kind="warn" title={t('templates.noTargets')} actions={may('operator') && <ButtonLink icon="plus" href={to('targets', 'new')}>{t('targets.new')}</ButtonLink>} />
            : <Field label={t('templates.target')} hint={t('templates.target.hint')} error={wrong.targetId}>
              {(p) => (
                <select {...p} name="targetId" value={draft.targetId} onChange={(e) => { set({ targetId: e.currentTarget.value }); setWrong({}); }}>
                  <option value="">{t('form.choose')}</option>
                  {list.map((x) => <option key={x.id} value={x.id}>{x.name}</option>)}
                </select>
              )}
            </Field>)}
        </Loaded>
        {target && <Count condition={target.condition} />}
        <fieldset class="fields-choice">
          <legend>{t('templates.fields')}</legend>
          {wrong.fields && <p class="field-error" role="alert"><Icon name="error" />{wrong.fields}</p>}
          {!ready && !error && <Skeleton rows={3} />}
          <div class="check-grid">
            {all.map((f) => (
              <label class="check" key={f.code}>
                <input type="checkbox" name="fields" checked={picked.includes(f.code)}
                  onChange={(e) => set({ fields: e.currentTarget.checked ? [...picked, f.code] : picked.filter((c) => c !== f.code) })} />
                <span>{labelOf(f)}{room !== 'contact' && <> <code>{f.code}</code></>}</span>
              </label>
            ))}
          </div>
          {all.length > 3 && <p class="inline-actions">
            <Button kind="quiet" onClick={() => set({ fields: null })}>{t('templates.fields.all')}</Button>
            <Button kind="quiet" onClick={() => set({ fields: [] })}>{t('templates.fields.none')}</Button>
          </p>}
          {draft.dataType === 'contacts' && ['criteria', 'authorisations'].map((d) => (
            <label class="check" key={d}>
              <input type="checkbox" checked={draft.include?.includes(d)}
                onChange={(e) => set({ include: e.currentTarget.checked ? [...(draft.include || []), d] : draft.include.filter((x) => x !== d) })} />
              {t(`templates.include.${d}`)}
            </label>
          ))}
        </fieldset>
        <Field label={t('templates.onlySince')} hint={t('templates.onlySince.hint')} optional>
          {(p) => <input {...p} type="date" value={draft.since || ''} onInput={(e) => set({ since: e.currentTarget.value })} />}
        </Field>
        <Choices legend={t('reading.format')} name="format" value={draft.format} onChange={(format) => set({ format })}
          options={['csv', 'xlsx', 'both'].map((f) => ({ value: f, label: t(`format.${f}`), hint: t(`format.${f}.hint`) }))} />
        <label class="check"><input type="checkbox" checked={draft.mail} onChange={(e) => set({ mail: e.currentTarget.checked })} />{t('templates.mail')}</label>
        {draft.mail && (
          <Field label={t('form.email')} error={wrong.email}>
            {(p) => <input {...p} type="email" name="email" autocomplete="email" value={draft.email} onInput={(e) => set({ email: e.currentTarget.value })} />}
          </Field>
        )}
        </div>
        {error && <Failure error={error} />}
        <div class="form-end">
          <Button type="submit" kind="primary big" icon="download" busy={busy || sent}>{t('templates.prepare')}</Button>
          <ButtonLink kind="quiet" href={to('templates')} onClick={forget}>{t('form.cancel')}</ButtonLink>
        </div>
      </form>
    </Page>
  );
}
