// The list of imports, newest first.
import { useEffect, useRef, useState } from 'preact/hooks';
import { imports } from '../core/api.js';
import { t, byText, dateTime, day, time } from '../core/i18n.js';
import { useLoad, usePages, usePoll } from '../core/load.js';
import { useStill } from '../core/when.js';
import { may, user } from '../core/user.js';
import { go, to } from '../core/router.js';
import { chosen, sending } from '../core/sending.js';
import { announceProgress } from '../core/announce.js';
import { Button, ButtonLink, Empty, Field, Loaded, Page, Pager, Search } from '../components/basics.jsx';
import { Download, filesOf } from '../components/files.jsx';
import { Progress, Shares, Status, active, looks } from '../components/status.jsx';
import { Table } from '../components/table.jsx';
import { DropZone } from '../components/drop.jsx';
import { Icon } from '../components/icon.jsx';

const limit = 50;

/** What an import does, in a word. */
export const actionWord = (i) => t(i.ofKind !== 'undo' ? `action.${i.action}.short` : i.action === 'test' ? 'action.undoTest.short' : 'action.undo.short');

// A search may look at many imports in vain before it finds one.
async function search(asked, cursor, options) {
  let page = await imports.list({ limit, cursor, ...asked, brief: true }, options);
  while (page.items.length === 0 && page.nextCursor) {
    page = await imports.list({ limit, cursor: page.nextCursor, ...asked, brief: true }, options);
  }
  return page;
}

// The start of the day so many days ago: the same in a day, so that pages go on.
function daysAgo(n) {
  const d = new Date();
  d.setHours(0, 0, 0, 0);
  d.setDate(d.getDate() - n);
  return d.toISOString();
}

const noFilter = { dataType: '', action: '', status: '', createdBy: '', days: '' };

export function Imports() {
  // Back from an import leads to the page and the search it was found by.
  const kept = history.state?.imports;
  const pages = usePages(kept?.cursors);
  const [typed, setTyped] = useState(kept?.typed || '');
  const [filter, setFilter] = useState(kept?.filter || noFilter);
  const q = useStill(typed.trim());
  useEffect(() => { history.replaceState({ imports: { cursors: pages.cursors, typed, filter } }, ''); }, [pages.cursors, typed, filter]);
  const { cursor } = pages;
  const { days, ...asked } = filter;
  const list = useLoad((o) => search({ q, ...asked, since: days && daysAgo(Number(days)) }, cursor, o), [cursor, q, filter]);
  const items = list.data?.items || [];
  usePoll(list.again, {
    active: items.some(active),
    mark: items.map((i) => i.id + i.status).join(),
    idle: cursor === '' ? 20000 : 0,
  });
  const people = useRef(new Set());
  for (const i of items) people.current.add(i.createdBy);
  const type = (text) => { setTyped(text); pages.start(); };
  const choose = (change) => { setFilter({ ...filter, ...change }); pages.start(); };
  const on = Object.values(filter).filter(Boolean).length;
  const [narrowing, setNarrowing] = useState(on > 0);
  const operator = may('operator');
  return (
    <Page title={t('imports.title')} lead={t('imports.lead')} actions={<>
      {operator && <ButtonLink kind="primary" icon="plus" href={to('new')}>{t('new')}</ButtonLink>}
      {operator && <ButtonLink icon="download" href={to('templates', 'new')}>{t('templates.new')}</ButtonLink>}
      <ButtonLink icon="tag" href={to('values')}>{t('values.title')}</ButtonLink>
    </>}>
      {(typed || on > 0 || items.length > 0 || list.error) && (
        <div class="toolbar">
          <Search label={t('imports.search')} value={typed} onInput={type} />
          <Button icon="filter" aria-expanded={narrowing} aria-controls="filters" onClick={() => setNarrowing(!narrowing)}>{on ? t('filter.on', { n: on }) : t('filter.title')}</Button>
          <div class="filter-fields" id="filters" hidden={!narrowing}><Filters filter={filter} on={on} people={people.current} onChange={choose} /></div>
        </div>
      )}
      <Loaded of={list} rows={8}>
        {({ items: shown, nextCursor }) => (
          shown.length === 0 && pages.page === 0
            ? <Nothing q={q} on={on} operator={operator} onClear={() => choose(noFilter)} />
            : <>
              <List items={shown} />
              <Pager of={pages} next={nextCursor} label={t('imports.pages')} />
            </>
        )}
      </Loaded>
      {operator && <DropZone onFile={(f) => { chosen.value = f; go(to('new')); }} />}
    </Page>
  );
}

/**
 * What the list is narrowed to, in choices that say what they are.
 * @param {{filter?: any, on?: any, people?: any, onChange?: any}} props
 */
function Filters({ filter, on, people, onChange }) {
  const me = user.value.email;
  const others = [...people].filter((p) => p !== me).sort(byText);
  const choice = (name, label, options) => (
    <Field label={label}>
      {(p) => (
        <select {...p} value={filter[name]} onChange={(e) => onChange({ [name]: e.currentTarget.value })}>
          <option value="">{name === 'days' ? t('filter.since.any') : t('filter.all')}</option>
          {options.map(([value, word]) => <option key={value} value={value}>{word}</option>)}
        </select>
      )}
    </Field>
  );
  return (
    <>
      {choice('dataType', t('imports.dataType'), ['contacts', 'criteria', 'authorisations'].map((d) => [d, t(`dataType.${d}`)]))}
      {choice('action', t('imports.action'), ['test', 'update', 'undo'].map((a) => [a, t(`action.${a}.short`)]))}
      {choice('status', t('imports.status'), statuses.map((x) => [x, t(`status.${x}`)]))}
      {choice('createdBy', t('filter.who'), [[me, t('filter.me', { email: me })], ...others.map((p) => [p, p])])}
      {choice('days', t('filter.since'), [['0', t('filter.since.today')], ...[7, 30].map((n) => [String(n), t('filter.since.days', { n })])])}
      {on > 0 && <Button kind="quiet" icon="close" onClick={() => onChange(noFilter)}>{t('filter.clear')}</Button>}
    </>
  );
}

const statuses = ['running', 'checking', 'queued', 'waiting', 'done', 'rejected', 'incomplete', 'failed', 'cancelled'];

/** @param {{q?: any, on?: any, operator?: any, onClear?: any}} props */
function Nothing({ q, on, operator, onClear }) {
  if (q || on) {
    return (
      <Empty icon="search" title={q ? t('search.nothing', { q }) : t('imports.none')} actions={on > 0 && <Button icon="close" onClick={onClear}>{t('filter.clear')}</Button>}>
        {q && t('imports.search.hint')}
      </Empty>
    );
  }
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
      { key: 'file', head: t('imports.file'), main: true, cell: (i) => <File of={i} /> },
      { key: 'result', head: t('imports.result'), class: 'result-cell', cell: (i) => <Outcome of={i} /> },
      { key: 'started', head: t('imports.started'), class: 'small', cell: (i) => (
        <>
          <time dateTime={i.createdAt} title={dateTime(i.createdAt)}><span class="nowrap">{day(i.createdAt)}</span> <span class="nowrap">{time(i.createdAt)}</span></time>
          <span class="block any" title={i.createdBy}>{i.createdBy.split('@')[0]}</span>
        </>
      ) },
      { key: 'files', head: t('imports.downloads'), class: 'files-cell', cell: (i) => (filesOf(i).length ? <Files of={i} /> : null) },
    ]} />
  );
}

/** @param {{of?: any}} props */
function File({ of }) {
  return (
    <>
      <a class="file-link" href={to('imports', of.id)}><Icon name="file" /><span class="file-name" title={of.fileName}>{of.fileName}</span></a>
      {of.action && <span class="file-facts"><span>{actionWord(of)}</span><span>{t(`dataType.${of.dataType}`)}</span></span>}
      {of.note && <span class="file-note">{of.note}</span>}
    </>
  );
}

/**
 * What became of an import, or would: words, and a bar of the rows' shares, which is
 * hollow where nothing was written.
 * @param {{of?: any}} props
 */
function Outcome({ of }) {
  const share = sending.value[of.id]?.share;
  if (active(of)) {
    announceProgress(of.id, of.progress, t('imports.progress', { file: of.fileName, share: Math.round(of.progress * 100) }));
    return (
      <>
        <Status of={of} />
        {of.status === 'waiting' && share !== undefined && <Progress value={share} label={t('new.uploading')} />}
        {of.status === 'running' && <Progress value={of.progress} label={t('imports.progress.label', { file: of.fileName })} />}
        {of.counts.created + of.counts.updated > 0 && <p class="hint">{did(of)}</p>}
      </>
    );
  }
  const { tone, icon, text, hint } = came(of);
  return (
    <div class={`came ${tone} ${of.action}`}>
      <p class="came-words"><Icon name={icon} /><span>{text}</span></p>
      {hint && <p class="came-hint">{hint}</p>}
      <Shares of={of} />
    </div>
  );
}

/** Whether a file was rejected because nobody knows what its columns are. */
export const columnsOpen = (i) => i.status === 'rejected' && i.ofKind !== 'undo' && i.files.includes('original') && ['unknownColumn', 'duplicateColumn', 'noKeyColumn'].includes(i.problem?.code);

const missed = (c) => c.rejected + c.conflicted + c.unprocessed;

// What an import came to: in which tone, and in which words.
function came(i) {
  const { created, updated, unchanged, rows } = i.counts;
  const test = i.action === 'test';
  const n = created + updated;
  const out = missed(i.counts);
  const left = out ? t(test ? 'list.missed.test' : 'list.missed', { n: out }) : '';
  if (columnsOpen(i)) return { tone: 'amber', icon: 'table', text: may('operator') ? <a href={to('imports', i.id, 'columns')}>{t('list.columns')}</a> : t('list.columns') };
  if (i.status === 'rejected') return { tone: 'red', icon: 'error', text: t('list.nothing'), hint: i.problem?.message };
  if (i.status !== 'done') {
    const [tone, icon] = looks[i.status];
    return { tone, icon, text: t(`status.${i.status}`), hint: n ? `${did(i)}. ${left}` : left };
  }
  if (rows > 0 && out === rows) return { tone: 'red', icon: 'error', text: t('list.nothing'), hint: left };
  if (!n) return { tone: 'grey', icon: 'done', text: t(unchanged && test ? 'list.none.test' : 'list.none'), hint: left };
  return { tone: i.ofKind === 'undo' ? 'violet' : 'green', icon: test ? 'test' : i.ofKind === 'undo' ? 'undo' : 'done', text: did(i), hint: left };
}

// What was written, or would be.
function did(i) {
  const { created, updated } = i.counts;
  const test = i.action === 'test';
  if (i.ofKind === 'undo') return t(test ? 'list.undoTest' : 'list.undone', { n: created + updated });
  if (created && updated) return t(test ? 'list.tested.both' : 'list.both', { created, updated });
  if (created) return t(test ? 'list.tested.created' : 'list.created', { n: created });
  return t(test ? 'list.tested' : 'list.updated', { n: updated });
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
