// Users of the institution, for its administrators.
import { useState } from 'preact/hooks';
import { users } from '../core/api.js';
import { announce } from '../core/announce.js';
import { dateTime, t } from '../core/i18n.js';
import { useLoad } from '../core/load.js';
import { user } from '../core/user.js';
import { AdminPage } from '../components/administration.jsx';
import { Address, Badge, Button, Failure, Loaded, Pager } from '../components/basics.jsx';
import { Dialog } from '../components/dialog.jsx';
import { Table } from '../components/table.jsx';

const limit = 50;

/** The role of somebody in several groups is the one that may do most. */
const roleOf = (groups) => ['admin', 'operator', 'viewer'].find((g) => groups.includes(g));

export function Users() {
  const [cursors, setCursors] = useState(['']);
  const [asking, setAsking] = useState(null);
  const [busy, setBusy] = useState('');
  const [error, setError] = useState(null);
  const cursor = cursors[cursors.length - 1];
  const list = useLoad((o) => users.list({ cursor, limit }, o), [cursor]);
  const turn = (page) => setCursors(page < cursors.length ? cursors.slice(0, page + 1) : [...cursors, list.data.nextCursor]);
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
  return (
    <AdminPage title={t('users.title')} lead={t('users.lead')}>
      {error && <Failure error={error} />}
      <Loaded of={list} rows={8}>
        {({ items, nextCursor }) => (
          <>
            <Table caption={t('users.title')} rows={items} rowKey={(u) => u.id} columns={[
              { key: 'email', head: t('form.email'), main: true, cell: (u) => <><Address of={u.email} /> {u.id === user.value.user && <Badge>{t('users.you')}</Badge>}</> },
              { key: 'role', head: t('users.role'), cell: (u) => (roleOf(u.groups) ? t(`group.${roleOf(u.groups)}`) : '–') },
              { key: 'last', head: t('users.last'), cell: (u) => dateTime(u.lastSignedIn) || '–' },
              { key: 'access', head: t('users.access'), cell: (u) => <Badge tone={u.disabled ? 'red' : 'green'} icon={u.disabled ? 'stop' : 'check'}>{u.disabled ? t('users.refused') : t('users.allowed')}</Badge> },
              { key: 'do', head: t('table.do'), cell: (u) => (u.id === user.value.user ? null
                : u.disabled
                  ? <Button icon="check" busy={busy === u.id} aria-label={t('users.allow.of', { email: u.email })} onClick={() => change(u)}>{t('users.allow')}</Button>
                  : <Button kind="danger" icon="stop" aria-label={t('users.refuse.of', { email: u.email })} onClick={() => setAsking(u)}>{t('users.refuse')}</Button>) },
            ]} />
            <Pager page={cursors.length - 1} more={Boolean(nextCursor)} onPage={turn} />
          </>
        )}
      </Loaded>
      {asking && (
        <Dialog title={t('users.refuse.ask', { email: asking.email })} onClose={() => setAsking(null)} actions={<>
          <Button kind="danger" icon="stop" busy={busy === asking.id} onClick={() => change(asking)}>{t('users.refuse')}</Button>
          <Button kind="quiet" onClick={() => setAsking(null)}>{t('form.cancel')}</Button>
        </>}><p>{t('users.refuse.text')}</p></Dialog>
      )}
    </AdminPage>
  );
}
