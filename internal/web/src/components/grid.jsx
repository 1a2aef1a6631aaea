// The rows that were not taken as a table whose cells can be edited, as in a
// spreadsheet: the grid of the ARIA practices.
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { imports } from '../core/api.js';
import { announce } from '../core/announce.js';
import { fieldOf } from '../core/catalogue.js';
import { t, num } from '../core/i18n.js';
import { useLoad, usePages } from '../core/load.js';
import { decide, decided, pasted, takeBack } from '../core/mend.js';
import { Button, Empty, Loaded, Pager } from './basics.jsx';
import { Icon } from './icon.jsx';
import { fault } from './mend.jsx';

const limit = 50;

/** @param {{of?: any, group?: any, onAll?: any}} props */
export function RowsGrid({ of, group, onAll }) {
  const pages = usePages();
  const { cursor } = pages;
  const list = useLoad((o) => imports.problemRows(of.id, { outcome: group ? '' : 'rejected', group, cursor, limit }, o), [of.id, group, cursor]);
  return (
    <>
      <p class="hint">{t('grid.hint')}{group && <> · <button type="button" class="as-link" onClick={onAll}>{t('grid.all')}</button></>}</p>
      <Loaded of={list} rows={6}>
        {({ items, nextCursor }) => (items.length === 0
          ? <Empty icon="search" title={t('problems.none')} />
          : <>
            <Grid key={cursor} of={of} rows={items} />
            <Pager of={pages} next={nextCursor} label={t('problems.pages')} people />
          </>)}
      </Loaded>
    </>
  );
}

/** @param {{of?: any, rows?: any}} props */
function Grid({ of, rows }) {
  const columns = of.headers.map((h) => h.name).filter((n) => rows.some((r) => n in r.cells));
  const fields = Object.fromEntries(columns.map((c) => [c, rows.flatMap((r) => r.problems).find((p) => p.column === c)?.field || of.headers.find((h) => h.name === c)?.column.replace(/^\[\w+\]\s*/, '')]));
  const faultOf = (r, c) => r.problems.find((p) => p.column === c);
  const bad = rows.flatMap((r, y) => columns.flatMap((c, x) => (faultOf(r, c) ? [[y, x]] : [])));
  // A cell is what was written into it here, or what all such values become.
  const cellOf = (r, c) => decided(of, { kind: 'cell', line: r.line, column: c }) || decided(of, { kind: 'value', column: c, from: (r.cells[c] ?? '').trim() });
  const valueOf = (r, c) => cellOf(r, c)?.to ?? r.cells[c] ?? '';
  const out = (r) => decided(of, { kind: 'row', line: r.line });
  const [at, setAt] = useState(() => bad.find(([y, x]) => !cellOf(rows[y], columns[x]) && !out(rows[y])) || bad[0] || [0, 0]);
  const [edit, setEdit] = useState(null); // the text of the cell that is edited
  const box = useRef(null);
  const id = useId();
  const width = columns.length; // and one more column: leave out
  const wants = useRef(false);
  // Before the next key comes.
  useLayoutEffect(() => {
    if (!wants.current) return;
    wants.current = false;
    const cell = box.current?.querySelector(`[data-at="${at.join(' ')}"]`);
    const input = cell?.querySelector('input');
    (input || cell)?.focus();
    cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
  const move = (y, x) => {
    wants.current = true;
    setEdit(null);
    setAt([Math.max(0, Math.min(rows.length - 1, y)), Math.max(0, Math.min(width, x))]);
  };
  // Not the cells of rows that are left out, nor those of which only the beginning is shown.
  const writable = (y, x) => y < rows.length && x < width && !out(rows[y]) && !rows[y].cut?.includes(columns[x]);
  const begin = (text) => { if (writable(...at)) { wants.current = true; setEdit(text); } };
  const write = (y, x, value) => {
    const r = rows[y];
    const c = columns[x];
    if (value === (r.cells[c] ?? '')) takeBack(of, { kind: 'cell', line: r.line, column: c });
    else decide(of, { kind: 'cell', line: r.line, column: c, to: value });
  };
  // The next cell that is wrong still.
  const next = (y, x) => {
    const open = bad.filter(([i, k]) => !(i === y && k === x) && !cellOf(rows[i], columns[k]) && !out(rows[i]));
    announce(open.length ? t('grid.left', { n: open.length }) : t('grid.done'));
    return open.find(([i, k]) => i > y || (i === y && k > x)) || open[0];
  };
  const keep = (step) => {
    if (edit !== null) write(at[0], at[1], edit);
    if (step === 'enter') {
      const to = faultOf(rows[at[0]], columns[at[1]]) ? next(at[0], at[1]) : [at[0] + 1, at[1]];
      move(...(to || at));
    } else move(at[0], at[1] + step);
  };
  const leave = (r) => (out(r) ? takeBack : decide)(of, { kind: 'row', line: r.line });
  const key = (e) => {
    const [y, x] = at;
    if (edit !== null) {
      if (e.key === 'Enter') { e.preventDefault(); keep('enter'); }
      if (e.key === 'Tab') { e.preventDefault(); keep(e.shiftKey ? -1 : 1); }
      if (e.key === 'Escape') { e.preventDefault(); move(y, x); }
      return;
    }
    const control = e.ctrlKey || e.metaKey;
    const to = {
      ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1], PageUp: [y - 10, x], PageDown: [y + 10, x],
      Home: [control ? 0 : y, 0], End: [control ? rows.length - 1 : y, width],
    }[e.key];
    if (to) { e.preventDefault(); move(to[0], to[1]); return; }
    if (x === width) {
      if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); leave(rows[y]); }
      return;
    }
    if (e.key === 'Enter' || e.key === 'F2') { e.preventDefault(); begin(valueOf(rows[y], columns[x])); return; }
    if (e.key === 'Delete' || e.key === 'Backspace') { e.preventDefault(); if (writable(y, x)) write(y, x, ''); return; }
    // The input has the focus before the character comes.
    if (e.key.length === 1 && !control && !e.altKey) begin('');
  };
  const paste = (e) => {
    if (edit !== null || at[1] === width) return;
    e.preventDefault();
    const lines = pasted(e.clipboardData.getData('text/plain'));
    const all = [];
    let beyond = 0;
    lines.forEach((cells, dy) => cells.forEach((value, dx) => {
      const [y, x] = [at[0] + dy, at[1] + dx];
      if (writable(y, x)) all.push({ kind: 'cell', line: rows[y].line, column: columns[x], to: value });
      else beyond += 1;
    }));
    decide(of, ...all);
    announce(`${t('grid.pasted', { n: all.length })}${beyond ? ` ${t('grid.beyond', { n: beyond })}` : ''}`, { shown: true });
  };
  return (
    <div class="grid-box" ref={box}>
      <table role="grid" aria-label={t('grid.label')} aria-rowcount={-1} aria-colcount={width + 2} onKeyDown={key} onPaste={paste}>
        <thead>
          <tr role="row"><th role="columnheader" scope="col">{t('problems.line')}</th>{columns.map((c) => <th key={c} role="columnheader" scope="col">{c}</th>)}<th role="columnheader" scope="col"><span class="hidden">{t('mend.leave', { n: 1 })}</span></th></tr>
        </thead>
        <tbody>
          {rows.map((r, y) => (
            <tr key={r.line} role="row" class={out(r) ? 'left-out' : ''}>
              <th role="rowheader" scope="row">{num(r.line)}</th>
              {columns.map((c, x) => {
                const p = faultOf(r, c);
                const d = cellOf(r, c);
                const here = at[0] === y && at[1] === x;
                const wrong = d ? fault(fieldOf(fields[c]), d.to) : p?.message;
                const why = wrong ? `${id}-${r.line}-${x}` : undefined;
                return (
                  <td key={c} role="gridcell" data-at={`${y} ${x}`} tabIndex={here && edit === null ? 0 : -1} aria-invalid={wrong ? 'true' : undefined} aria-describedby={why} aria-readonly={r.cut?.includes(c) ? 'true' : undefined}
                    class={`${wrong ? 'wrong' : ''} ${d ? 'edited' : ''}`} title={wrong || undefined}
                    onClick={() => { if (edit !== null && !here) write(at[0], at[1], edit); if (!(here && edit !== null)) move(y, x); }}
                    onDblClick={() => begin(valueOf(r, c))} onFocus={(e) => { if (!here && e.target === e.currentTarget) setAt([y, x]); }}>
                    {here && edit !== null
                      ? <input type="text" aria-label={`${c}, ${t('problems.line')} ${num(r.line)}`} value={edit} onInput={(e) => setEdit(e.currentTarget.value)} onBlur={() => { if (edit !== null && !wants.current) { write(y, x, edit); setEdit(null); } }} />
                      : <span class="grid-value">{valueOf(r, c)}</span>}
                    {why && <span class="hidden" id={why}>{wrong}</span>}
                  </td>
                );
              })}
              <td role="gridcell" data-at={`${y} ${width}`} tabIndex={-1} class="grid-do" onFocus={(e) => { if (e.target === e.currentTarget) setAt([y, width]); }}>
                <Button kind="quiet" icon={out(r) ? 'undo' : 'close'} tabIndex={-1} aria-label={`${t(out(r) ? 'mend.back' : 'mend.leave', { n: 1 })}: ${t('problems.line')} ${num(r.line)}`} onClick={() => leave(r)}>{t(out(r) ? 'mend.back' : 'grid.leave')}</Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="grid-why" aria-hidden="true">{at[1] < width && faultOf(rows[at[0]], columns[at[1]]) && !cellOf(rows[at[0]], columns[at[1]]) && <><Icon name="error" />{faultOf(rows[at[0]], columns[at[1]]).message}</>}
        {!rows[at[0]].problems.some((p) => columns.includes(p.column)) && rows[at[0]].problems.map((p) => p.message).join(' ')}</p>
    </div>
  );
}

