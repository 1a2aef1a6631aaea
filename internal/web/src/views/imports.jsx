// The list of imports, newest first.
import { useEffect, useState } from 'preact/hooks';
import { imports } from '../core/api.js';
import { t, dateTime, day, time } from '../core/i18n.js';
import { useLoad, usePoll } from '../core/load.js';
import { useStill } from '../core/when.js';
import { may } from '../core/user.js';
import { go, to } from '../core/router.js';
import { chosen, sending } from '../core/sending.js';
import { announceProgress } from '../core/announce.js';
import { ButtonLink, Empty, Loaded, Page, Pager, Search } from '../components/basics.jsx';
import { Download, filesOf } from '../components/files.jsx';
import { Account, Progress, Status, active } from '../components/status.jsx';
import { Table } from '../components/table.jsx';
import { DropZone } from '../components/drop.jsx';
import { Icon } from '../components/icon.jsx';

const limit = 50;

/** What an import does, in a word. */
export const actionWord = (i) => t(i.ofKind !== 'undo' ? `action.${i.action}.short` : i.action === 'test' ? 'action.undoTest.short' : 'action.undo.short');

// A search may look at many imports in vain before it finds one.
async function search(q, cursor, options) {
  let page = await imports.list({ limit, cursor, q, brief: true }, options);
  while (page.items.length === 0 && page.nextCursor) {
    page = await imports.list({ limit, cursor: page.nextCursor, q, brief: true }, options);
  }
  return page;
}

export function Imports() {
  // Back from an import leads to the page and the search it was found by.
  const kept = history.state?.imports;
  const [cursors, setCursors] = useState(kept?.cursors || ['']);
  const [typed, setTyped] = useState(kept?.typed || '');
  const q = useStill(typed.trim());
  useEffect(() => { history.replaceState({ imports: { cursors, typed } }, ''); }, [cursors, typed]);
  const cursor = cursors[cursors.length - 1];
  const list = useLoad((o) => search(q, cursor, o), [cursor, q]);
  const items = list.data?.items || [];
  usePoll(list.reload, {
    active: items.some(active),
    mark: items.map((i) => i.status + i.progress).join(),
    idle: cursor === '' ? 20000 : 0,
  });
  const turn = (page) => setCursors(page < cursors.length ? cursors.slice(0, page + 1) : [...cursors, list.data.nextCursor]);
  const type = (text) => { setTyped(text); setCursors(['']); };
  const operator = may('operator');
  return (
    <Page title={t('imports.title')} lead={t('imports.lead')} actions={<>
      {operator && <ButtonLink kind="primary" icon="plus" href={to('new')}>{t('new')}</ButtonLink>}
      {operator && <ButtonLink icon="download" href={to('templates', 'new')}>{t('templates.new')}</ButtonLink>}
      <ButtonLink icon="tag" href={to('values')}>{t('values.title')}</ButtonLink>
    </>}>
      {(typed || items.length > 0 || list.error) && (
        <div class="toolbar"><Search label={t('imports.search')} value={typed} onInput={type} /></div>
      )}
      <Loaded of={list} rows={8}>
        {({ items: shown, nextCursor }) => (
          shown.length === 0 && cursors.length === 1
            ? <Nothing q={q} operator={operator} />
            : <>
              <List items={shown} />
              <Pager page={cursors.length - 1} more={Boolean(nextCursor)} onPage={turn} label={t('imports.pages')} />
            </>
        )}
      </Loaded>
      {operator && <DropZone onFile={(f) => { chosen.value = f; go(to('new')); }} />}
    </Page>
  );
}

/** @param {{q?: any, operator?: any}} props */
function Nothing({ q, operator }) {
  if (q) return <Empty icon="search" title={t('search.nothing', { q })}>{t('imports.search.hint')}</Empty>;
  return (
    <Empty icon="table" title={t('imports.empty')} actions={operator && <>
      <ButtonLink kind="primary" icon="download" href={to('templates', 'new')}>{t('templates.new')}</ButtonLink>
      <ButtonLink icon="plus" href={to('new')}>{t('new')}</ButtonLink>
    </>}>{t('imports.empty.text')}</Empty>
  );
}

/** @param {{items?: any}} props */
function List({ items }) {
  return (
    <Table class="imports-table" caption={t('imports.title')} rows={items} rowKey={(i) => i.id} columns={[
      { key: 'file', head: t('imports.file'), main: true, cell: (i) => <a class="file-link" href={to('imports', i.id)}><Icon name="file" /><span class="file-name" title={i.fileName}>{i.fileName}</span></a> },
      { key: 'type', head: t('imports.dataType'), cell: (i) => i.dataType && t(`dataType.${i.dataType}`) },
      { key: 'action', head: t('imports.action'), cell: (i) => i.action && actionWord(i) },
      { key: 'status', head: t('imports.status'), class: 'status-cell', cell: (i) => <StatusCell of={i} /> },
      { key: 'result', head: t('imports.result'), class: 'result-cell', cell: (i) => (i.counts.rows ? <Account of={i} /> : null) },
      { key: 'started', head: t('imports.started'), cell: (i) => <time dateTime={i.createdAt} title={dateTime(i.createdAt)}><span class="nowrap">{day(i.createdAt)}</span> <span class="nowrap">{time(i.createdAt)}</span></time>, class: 'small' },
      { key: 'by', head: t('imports.by'), cell: (i) => <span title={i.createdBy}>{i.createdBy.split('@')[0]}</span>, class: 'small' },
      { key: 'files', head: t('imports.downloads'), cell: (i) => (i.files.length ? <Files of={i} /> : null) },
    ]} />
  );
}

/** @param {{of?: any}} props */
function StatusCell({ of }) {
  const share = sending.value[of.id]?.share;
  if (active(of)) announceProgress(of.id, of.progress, t('imports.progress', { file: of.fileName, share: Math.round(of.progress * 100) }));
  return (
    <>
      <Status of={of} />
      {of.status === 'waiting' && share !== undefined && <Progress value={share} label={t('new.uploading')} />}
      {of.status === 'running' && <Progress value={of.progress} label={t('imports.progress.label', { file: of.fileName })} />}
    </>
  );
}

// The list of files closes by Escape, and when the focus goes elsewhere.
const escape = (e) => {
  if (e.key !== 'Escape' || !e.currentTarget.open) return;
  e.currentTarget.open = false;
  e.currentTarget.querySelector('summary').focus();
};
const left = (e) => { if (e.relatedTarget && !e.currentTarget.contains(e.relatedTarget)) e.currentTarget.open = false; };

/** @param {{of?: any}} props */
function Files({ of }) {
  return (
    <details class="menu" name="files" onKeyDown={escape} onFocusOut={left}>
      <summary aria-label={t('imports.downloads.of', { file: of.fileName })}><Icon name="download" /></summary>
      <ul>
        {filesOf(of).map(([n, word]) => <li key={n}><Download kind="quiet" icon="file" ask={() => imports.file(of.id, n)}>{word}</Download></li>)}
      </ul>
    </details>
  );
}
