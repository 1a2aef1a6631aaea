// Who did what in the institution, for administrators.
import { useState } from 'preact/hooks';
import { audit } from '../core/api.js';
import { saveText } from '../core/files.js';
import { dateTime, has, t } from '../core/i18n.js';
import { useLoad, usePages } from '../core/load.js';
import { to } from '../core/router.js';
import { useStill } from '../core/when.js';
import { AdminPage } from '../components/administration.jsx';
import { Button, Empty, Failure, Loaded, Pager, Search } from '../components/basics.jsx';
import { Table } from '../components/table.jsx';

const limit = 50;

// What has a page of its own is a link to it.
function Thing({ object }) {
  const [, kind, id] = /^\/api\/(imports|contacts|targets|templates)\/([^/]+)/.exec(object) || [];
  return kind ? <a href={to(kind, decodeURIComponent(id))}><code>{object}</code></a> : <code>{object}</code>;
}

// The word for what was done; a preview of an undo is no undo.
const did = (e) => (e.details?.test ? `audit.did.${e.action}.test` : `audit.did.${e.action}`);

/** @param {{asked?: any}} props */
export function Audit({ asked }) {
  const pages = usePages();
  const [typed, setTyped] = useState(asked || '');
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const who = useStill(typed.trim());
  const { cursor } = pages;
  const list = useLoad((o) => audit.list({ who, cursor, limit }, o), [who, cursor]);
  const download = async () => {
    setBusy(true);
    setError(null);
    try { saveText('audit.csv', await audit.csv({ who }), 'text/csv;charset=utf-8'); } catch (e) { setError(e); }
    setBusy(false);
  };
  return (
    <AdminPage title={t('audit.title')} lead={t('audit.lead')} actions={<Button icon="download" busy={busy} onClick={download}>{t('audit.download')}</Button>}>
      <div class="toolbar"><Search label={t('audit.search')} value={typed} onInput={(text) => { setTyped(text); pages.start(); }} /></div>
      {error && <Failure error={error} />}
      <Loaded of={list} rows={8}>
        {({ items, nextCursor }) => (
          <>
            {items.length === 0
              ? <Empty icon="search" title={t('audit.empty')} />
              : <Table caption={t('audit.title')} rows={items} rowKey={(e, i) => `${e.at} ${i}`} columns={[
                { key: 'at', head: t('audit.at'), main: true, cell: (e) => dateTime(e.at) },
                { key: 'who', head: t('audit.who'), cell: (e) => <span title={e.who.id}>{e.who.email}</span> },
                { key: 'action', head: t('audit.action'), cell: (e) => (has(did(e)) ? <span title={e.action}>{t(did(e))}</span> : <code>{e.action}</code>) },
                { key: 'object', head: t('audit.object'), wide: true, cell: (e) => <Thing object={e.object} /> },
                { key: 'outcome', head: t('audit.outcome'), cell: (e) => (e.outcome === 'done' ? t('audit.done') : <>{t('audit.refused')} <code>{e.outcome}</code></>) },
              ]} />}
            <Pager of={pages} next={nextCursor} label={t('audit.pages')} />
          </>
        )}
      </Loaded>
    </AdminPage>
  );
}
