// Keys for machines, and webhooks that tell them how jobs ended.
import { useEffect, useRef, useState } from 'preact/hooks';
import { faultAt, keys, newKey, webhooks } from '../core/api.js';
import { announce } from '../core/announce.js';
import { limits } from '../core/kinds.js';
import { dateTime, t } from '../core/i18n.js';
import { useLoad } from '../core/load.js';
import { AdminPage } from '../components/administration.jsx';
import { Badge, Button, Choices, Empty, Failure, Field, Loaded } from '../components/basics.jsx';
import { Dialog } from '../components/dialog.jsx';
import { FormDialog } from '../components/formdialog.jsx';
import { Icon } from '../components/icon.jsx';
import { CheckGrid } from '../components/kinds.jsx';
import { Secret } from '../components/secret.jsx';
import { Table } from '../components/table.jsx';

const made = (x) => t('imports.byAt', { by: x.createdBy, at: dateTime(x.createdAt) });

/**
 * A question before something is removed.
 * @param {{title?: any, children?: any, word?: any, remove?: any, onClose?: any, onDone?: any}} props
 */
function Removal({ title, children, word, remove, onClose, onDone }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const press = async () => {
    setBusy(true);
    setError(null);
    try {
      await remove();
    } catch (e) {
      if (e.status !== 404) { setError(e); setBusy(false); return; }
    }
    await onDone();
  };
  return (
    <Dialog title={title} onClose={onClose} actions={<>
      <Button kind="danger" icon="trash" busy={busy} onClick={press}>{word}</Button>
      <Button kind="quiet" onClick={onClose}>{t('form.cancel')}</Button>
    </>}><p>{children}</p>{error && <Failure error={error} />}</Dialog>
  );
}

export function Keys() {
  const list = useLoad((o) => keys.all(o), []);
  const [making, setMaking] = useState(false);
  const [shown, setShown] = useState('');
  const [removing, setRemoving] = useState(null);
  const add = <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>{t('keys.new')}</Button>;
  const removed = async () => {
    await list.reload();
    announce(t('keys.revoked', { name: removing.name }), { shown: true });
    setRemoving(null);
  };
  return (
    <AdminPage title={t('keys.title')} lead={t('keys.lead')} actions={add}>
      <Loaded of={list}>
        {(items) => (items.length === 0
          ? <Empty icon="key" title={t('keys.empty')}>{t('keys.empty.text')}</Empty>
          : <Table caption={t('keys.title')} rows={items} rowKey={(k) => k.id} columns={[
            { key: 'name', head: t('keys.name'), main: true, cell: (k) => <span class="any">{k.name}</span> },
            { key: 'role', head: t('users.role'), cell: (k) => t(`group.${k.role}`) },
            { key: 'made', head: t('keys.made'), cell: (k) => <span class="any">{made(k)}</span> },
            { key: 'until', head: t('keys.until'), cell: (k) => (k.expiresAt ? dateTime(k.expiresAt) : t('keys.always')) },
            { key: 'do', head: t('table.do'), cell: (k) => <Button kind="danger" icon="trash" aria-label={t('button.of', { what: t('keys.revoke'), of: k.name })} onClick={() => setRemoving(k)}>{t('keys.revoke')}</Button> },
          ]} />)}
      </Loaded>
      {making && <NewKey onClose={() => setMaking(false)} onMade={(key) => { setMaking(false); setShown(key); list.reload(); }} />}
      {shown && <Secret title={t('keys.ready')} label={t('keys.one')} secret={shown} onDone={() => setShown('')} />}
      {removing && (
        <Removal title={t('keys.revoke.ask', { name: removing.name })} word={t('keys.revoke')} remove={() => keys.remove(removing.id)}
          onClose={() => setRemoving(null)} onDone={removed}>{t('keys.revoke.text')}</Removal>
      )}
    </AdminPage>
  );
}

/** @param {{onClose?: any, onMade?: any}} props */
function NewKey({ onClose, onMade }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState('operator');
  const [until, setUntil] = useState('');
  const send = async () => {
    // The day is the last one on which it works, here.
    const end = until ? { expiresAt: new Date(`${until}T23:59:59`).toISOString() } : {};
    onMade((await keys.create({ name, role, ...end })).key);
  };
  return (
    <FormDialog title={t('keys.new')} word={t('keys.create')} send={send} onClose={onClose} beside={(l) => l === 'body.name' || l === 'body.expiresAt'}>
      {(error) => <>
        <Field label={t('keys.name')} hint={t('keys.name.hint')} error={faultAt(error, 'body.name')}>
          {(p) => <input {...p} type="text" maxLength={limits.name} autocomplete="off" value={name} onInput={(e) => setName(e.currentTarget.value)} />}
        </Field>
        <Choices legend={t('keys.role')} name="role" value={role} onChange={setRole}
          options={['operator', 'viewer'].map((g) => ({ value: g, label: t(`group.${g}`), hint: t(`group.${g}.hint`) }))} />
        <Field label={t('keys.until')} hint={t('keys.until.hint')} optional error={faultAt(error, 'body.expiresAt')}>
          {(p) => <input {...p} type="date" value={until} onInput={(e) => setUntil(e.currentTarget.value)} />}
        </Field>
      </>}
    </FormDialog>
  );
}

const events = ['import.finished', 'template.finished'];
const eventName = (e) => t(`webhooks.event.${e.split('.')[0]}`);

export function Webhooks() {
  const list = useLoad((o) => webhooks.all(o), []);
  const [making, setMaking] = useState(false);
  const [shown, setShown] = useState('');
  const [removing, setRemoving] = useState(null);
  const add = <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>{t('webhooks.new')}</Button>;
  const removed = async () => {
    await list.reload();
    announce(t('webhooks.removed'), { shown: true });
    setRemoving(null);
  };
  return (
    <AdminPage title={t('webhooks.title')} lead={t('webhooks.lead')} actions={add}>
      <Loaded of={list}>
        {(items) => (items.length === 0
          ? <Empty icon="bell" title={t('webhooks.empty')}>{t('webhooks.empty.text')}</Empty>
          : <ul class="cards">{items.map((w) => <Webhook key={w.id} of={w} reload={list.reload} onRemove={() => setRemoving(w)} />)}</ul>)}
      </Loaded>
      {making && <NewWebhook onClose={() => setMaking(false)} onMade={(secret) => { setMaking(false); setShown(secret); list.reload(); }} />}
      {shown && <Secret title={t('webhooks.ready')} label={t('webhooks.secret')} secret={shown} onDone={() => setShown('')}><p>{t('webhooks.secret.text')}</p></Secret>}
      {removing && (
        <Removal title={t('webhooks.remove.ask')} word={t('webhooks.remove')} remove={() => webhooks.remove(removing.id)}
          onClose={() => setRemoving(null)} onDone={removed}>{t('webhooks.remove.text', { url: removing.url })}</Removal>
      )}
    </AdminPage>
  );
}

// A test is tried at once; a busy receiver has this many seconds.
const patience = 20;

/** @param {{of?: any, reload?: any, onRemove?: any}} props */
function Webhook({ of, reload, onRemove }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const there = useRef(true);
  useEffect(() => () => { there.current = false; }, []);
  const test = async () => {
    setBusy(true);
    setError(null);
    try {
      const { id } = await webhooks.test(of.id);
      let now = await webhooks.get(of.id);
      for (let s = 0; there.current && now.last?.id !== id && s < patience; s += 1) {
        await new Promise((next) => { setTimeout(next, 1000); });
        now = await webhooks.get(of.id);
      }
      await reload();
      if (there.current) announce(now.last?.id === id ? lastWords(now.last) : t('webhooks.test.slow'), { shown: true });
    } catch (e) { setError(e); }
    setBusy(false);
  };
  return (
    <li class="card webhook">
      <h2 class="any">{of.url}</h2>
      <dl>
        <div><dt>{t('webhooks.events')}</dt><dd>{of.events.map(eventName).join(', ')}</dd></div>
        <div><dt>{t('keys.made')}</dt><dd>{made(of)}</dd></div>
        <div><dt>{t('webhooks.last')}</dt><dd>{of.last
          ? <><Badge tone={of.last.why ? 'red' : 'green'} icon={of.last.why ? 'error' : 'check'}>{of.last.why ? t('webhooks.failed') : t('webhooks.taken')}</Badge> {lastWords(of.last)}
            <span class="hint block">{eventName(of.last.event)} · {dateTime(of.last.at)}</span></>
          : t('webhooks.last.none')}</dd></div>
      </dl>
      {of.gone && <p class="not-compared"><Icon name="warning" />{t('webhooks.gone')}</p>}
      {error && <Failure error={error} />}
      <div class="actions">
        {!of.gone && <Button icon="run" busy={busy} aria-label={t('button.of', { what: t('webhooks.test'), of: of.url })} onClick={test}>{t('webhooks.test')}</Button>}
        <Button kind="danger" icon="trash" aria-label={t('button.of', { what: t('webhooks.remove'), of: of.url })} onClick={onRemove}>{t('webhooks.remove')}</Button>
      </div>
    </li>
  );
}

const lastWords = (last) => [last.why?.message || t('webhooks.taken.text'), last.status && t('webhooks.status', { status: String(last.status) })].filter(Boolean).join(' ');

/** @param {{onClose?: any, onMade?: any}} props */
function NewWebhook({ onClose, onMade }) {
  const [url, setUrl] = useState('https://');
  const [chosen, setChosen] = useState(events);
  const [none, setNone] = useState(false);
  const key = useRef(newKey());
  const send = async () => {
    setNone(chosen.length === 0);
    if (chosen.length === 0) return false;
    onMade((await webhooks.create({ url: url.trim(), events: chosen }, key.current)).secret);
    return true;
  };
  return (
    <FormDialog title={t('webhooks.new')} word={t('webhooks.create')} send={send} onClose={onClose} beside={(l) => l === 'body.url'}>
      {(error) => <>
        <Field label={t('webhooks.url')} hint={t('webhooks.url.hint')} error={faultAt(error, 'body.url')}>
          {(p) => <input {...p} type="url" maxLength={limits.url} autocomplete="off" spellcheck={false} value={url} onInput={(e) => setUrl(e.currentTarget.value)} />}
        </Field>
        <fieldset class="field">
          <legend>{t('webhooks.events')}</legend>
          <CheckGrid options={events.map((e) => [e, eventName(e)])} value={chosen} onChange={setChosen} />
          {none && <p class="field-error" role="alert"><Icon name="error" />{t('webhooks.events.missing')}</p>}
        </fieldset>
      </>}
    </FormDialog>
  );
}
