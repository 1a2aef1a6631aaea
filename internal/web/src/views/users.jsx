// Users of the institution, for its administrators.
import { useState } from 'preact/hooks';
import { faultAt, users } from '../core/api.js';
import { announce } from '../core/announce.js';
import { byText, dateTime, t } from '../core/i18n.js';
import { limits } from '../core/kinds.js';
import { useLoad, usePages } from '../core/load.js';
import { user } from '../core/user.js';
import { AdminPage } from '../components/administration.jsx';
import { Address, Badge, Button, Choices, Failure, Field, Loaded, Pager } from '../components/basics.jsx';
import { Dialog } from '../components/dialog.jsx';
import { FormDialog } from '../components/formdialog.jsx';
import { Table } from '../components/table.jsx';

const limit = 50;

const roles = ['admin', 'operator', 'viewer'];

/** @param {{value?: any, onChange?: any}} props */
const Role = ({ value, onChange }) => (
  <Choices legend={t('users.role')} name="role" value={value} onChange={onChange} options={roles.map((g) => ({ value: g, label: t(`group.${g}`), hint: t(`group.${g}.hint`) }))} />
);

export function Users() {
  const pages = usePages();
  const [asking, setAsking] = useState(null);
  const [inviting, setInviting] = useState(false);
  const [changing, setChanging] = useState(null);
  const [busy, setBusy] = useState('');
  const [error, setError] = useState(null);
  const { cursor } = pages;
  const list = useLoad((o) => users.list({ cursor, limit }, o), [cursor]);
  const change = async (u) => {
    setBusy(u.id);
    setError(null);
    try {
      await (u.disabled ? users.allow(u.id) : users.refuse(u.id));
      await list.reload();
      announce(t(u.disabled ? 'users.allow.done' : 'users.refuse.done', { email: u.email }), { shown: true });
    } catch (e) { setError(e); }
    setBusy('');
    setAsking(null);
  };
  const again = async (u) => {
    setBusy(u.id);
    setError(null);
    try {
      await users.invite({ email: u.email, role: u.role });
      announce(t('users.invited.done', { email: u.email }), { shown: true });
    } catch (e) { setError(e); }
    setBusy('');
  };
  const done = async (text) => {
    await list.reload();
    announce(text, { shown: true });
    setInviting(false);
    setChanging(null);
  };
  return (
    <AdminPage title={t('users.title')} lead={t('users.lead')} actions={<Button kind="primary" icon="plus" onClick={() => setInviting(true)}>{t('users.invite')}</Button>}>
      {error && <Failure error={error} />}
      <Loaded of={list} rows={8}>
        {({ items, nextCursor }) => (
          <>
            <Table caption={t('users.title')} rows={[...items].sort((a, b) => byText(a.email, b.email))} rowKey={(u) => u.id} columns={[
              { key: 'email', head: t('form.email'), main: true, cell: (u) => <><Address of={u.email} /> {u.id === user.value.user && <Badge>{t('users.you')}</Badge>}</> },
              { key: 'role', head: t('users.role'), cell: (u) => (u.role ? t(`group.${u.role}`) : '–') },
              { key: 'last', head: t('users.last'), cell: (u) => dateTime(u.lastSignedIn) || <Badge tone="amber" icon="mail">{t('users.invited')}</Badge> },
              { key: 'access', head: t('users.access'), cell: (u) => <Badge tone={u.disabled ? 'red' : 'green'} icon={u.disabled ? 'stop' : 'check'}>{u.disabled ? t('users.refused') : t('users.allowed')}</Badge> },
              { key: 'do', head: t('table.do'), wide: true, cell: (u) => (u.id === user.value.user ? null : (
                <span class="actions">
                  <Button icon="edit" aria-label={t('button.of', { what: t('users.change'), of: u.email })} onClick={() => setChanging(u)}>{t('users.change')}</Button>
                  {!u.lastSignedIn && u.role && <Button icon="mail" busy={busy === u.id} aria-label={t('button.of', { what: t('users.again'), of: u.email })} onClick={() => again(u)}>{t('users.again')}</Button>}
                  {u.disabled
                    ? <Button icon="check" busy={busy === u.id} aria-label={t('button.of', { what: t('users.allow'), of: u.email })} onClick={() => change(u)}>{t('users.allow')}</Button>
                    : <Button kind="danger" icon="stop" aria-label={t('button.of', { what: t('users.refuse'), of: u.email })} onClick={() => setAsking(u)}>{t('users.refuse')}</Button>}
                </span>
              )) },
            ]} />
            <Pager of={pages} next={nextCursor} />
          </>
        )}
      </Loaded>
      {asking && (
        <Dialog title={t('users.refuse.ask', { email: asking.email })} onClose={() => setAsking(null)} actions={<>
          <Button kind="danger" icon="stop" busy={busy === asking.id} onClick={() => change(asking)}>{t('users.refuse')}</Button>
          <Button kind="quiet" onClick={() => setAsking(null)}>{t('form.cancel')}</Button>
        </>}><p>{t('users.refuse.text')}</p></Dialog>
      )}
      {inviting && <Invitation onClose={() => setInviting(false)} onDone={done} />}
      {changing && <ChangeRole of={changing} onClose={() => setChanging(null)} onDone={done} />}
    </AdminPage>
  );
}

/** @param {{onClose?: any, onDone?: any}} props */
function Invitation({ onClose, onDone }) {
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('operator');
  const send = async () => {
    const made = await users.invite({ email: email.trim(), role });
    await onDone(t('users.invited.done', { email: made.email }));
  };
  return (
    <FormDialog title={t('users.invite.title')} word={t('users.invite.send')} icon="mail" send={send} onClose={onClose} beside={(l) => l === 'body.email'}>
      {(error) => <>
        <Field label={t('form.email')} hint={t('users.invite.hint')} error={faultAt(error, 'body.email')}>
          {(p) => <input {...p} type="email" maxLength={limits.email} autocomplete="off" value={email} onInput={(e) => setEmail(e.currentTarget.value)} />}
        </Field>
        <Role value={role} onChange={setRole} />
      </>}
    </FormDialog>
  );
}

/** @param {{of?: any, onClose?: any, onDone?: any}} props */
function ChangeRole({ of, onClose, onDone }) {
  const [role, setRole] = useState(of.role);
  const send = async () => {
    await users.put(of.id, { role });
    await onDone(t('users.changed', { email: of.email, role: t(`group.${role}`) }));
  };
  return (
    <FormDialog title={t('button.of', { what: t('users.change'), of: of.email })} word={t('users.change')} send={send} onClose={onClose}>
      {() => <>
        <p>{t('users.change.text')}</p>
        <Role value={role} onChange={setRole} />
      </>}
    </FormDialog>
  );
}
