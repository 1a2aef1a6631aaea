// The contacts behind a change: who they are, and their value before and after.
import { useState } from 'preact/hooks';
import { imports } from '../core/api.js';
import { fieldOf } from '../core/catalogue.js';
import { t } from '../core/i18n.js';
import { labelOf, valueWords } from '../core/kinds.js';
import { useLoad, usePages } from '../core/load.js';
import { to } from '../core/router.js';
import { exports, leastWord } from '../core/user.js';
import { useStill } from '../core/when.js';
import { Button, Empty, Loaded, Pager, Search } from './basics.jsx';
import { Dialog } from './dialog.jsx';
import { Icon } from './icon.jsx';
import { Table } from './table.jsx';

const limit = 50;
const examples = 5;

const word = (c, v) => valueWords(fieldOf(c.field) || { values: [] }, v);
const label = (c) => { const def = fieldOf(c.field); return def ? labelOf(def) : c.field; };

/** @param {{items?: any, caption?: any, fields?: any}} props */
function List({ items, caption, fields }) {
  return (
    <Table class="who-table" caption={caption} rows={items} rowKey={(c) => `${c.line} ${c.field}`} columns={[
      { key: 'contact', head: t('who.contact'), main: true, cell: (c) => (c.contact ? <><a href={to('contacts', c.contact)}>#{c.contact}</a>{c.name && <span class="hint block any">{c.name}</span>}</> : <>{t('who.new')}<span class="hint block">{t('problems.atLine', { line: c.line })}</span></>) },
      ...(fields ? [{ key: 'field', head: t('problems.field'), cell: (c) => label(c) }] : []),
      { key: 'before', head: t('who.before'), cell: (c) => <span class={c.before ? 'any' : 'empty-value'}>{word(c, c.before)}</span> },
      { key: 'after', head: t('who.after'), cell: (c) => <span class={c.after ? 'any' : 'empty-value'}><Icon name="next" class="arrow" />{word(c, c.after)}</span> },
    ]} />
  );
}

/**
 * asked: {field, from, to} of the changes, all of them by default.
 * @param {{of?: any, asked?: any, title?: any, onClose?: any}} props
 */
export function Who({ of, asked = {}, title, onClose }) {
  const [typed, setTyped] = useState('');
  const q = useStill(typed.trim());
  const pages = usePages();
  const { cursor } = pages;
  const list = useLoad((o) => imports.changes(of.id, { ...asked, q, cursor, limit }, o), [of.id, q, cursor]);
  return (
    <Dialog wide title={title} onClose={onClose} actions={<Button onClick={onClose}>{t('form.close')}</Button>}>
      <Search label={t('who.search')} value={typed} onInput={(text) => { setTyped(text); pages.start(); }} />
      <Loaded of={list} rows={6}>
        {({ items, nextCursor }) => <>
          {items.length ? <List items={items} caption={title} fields={!asked.field} /> : <Empty icon="search" title={t('who.none')} actions={nextCursor && (exports() || [...q].length >= leastWord) ? <Button onClick={() => pages.turn(pages.page + 1, nextCursor)}>{t('who.on')}</Button> : undefined} />}
          <Pager of={pages} next={nextCursor} label={t('pager.label')} people={[...q].length < leastWord} />
        </>}
      </Loaded>
    </Dialog>
  );
}

/**
 * The first rows of what changes, as an example.
 * @param {{of?: any, title?: any}} props
 */
export function Example({ of, title }) {
  const [all, setAll] = useState(false);
  const list = useLoad((o) => imports.changes(of.id, { limit: examples }, o), [of.id]);
  if (!list.data?.items.length) return null;
  return (
    <div class="example">
      <div class="section-head">
        <h3>{t('who.example')}</h3>
        <Button kind="quiet" icon="people" onClick={() => setAll(true)}>{t('who.all')}</Button>
      </div>
      <List items={list.data.items} caption={t('who.example')} fields />
      {all && <Who of={of} title={title} onClose={() => setAll(false)} />}
    </div>
  );
}
