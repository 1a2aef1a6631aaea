// Tables that become lists of cards where they do not fit. Roles are written
// out, because browsers drop them when the display changes.

/**
 * columns: [{key, head, cell(row), number, wide, headCell}], rowKey(row) names a
 * row. The first column marked as `main` is the row's header.
 * @param {{caption?: any, columns?: any, rows?: any, rowKey?: any, class?: any, rowClass?: any}} props
 */
export function Table({ caption, columns, rows, rowKey, class: more = '', rowClass }) {
  return (
    <div class={`table-box ${more}`}>
      <table role="table" aria-label={caption}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((c) => <th key={c.key} role="columnheader" scope="col" class={c.number ? 'number' : ''}>{c.headCell || c.head}</th>)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((r, i) => (
            <tr key={rowKey(r, i)} role="row" class={rowClass?.(r)}>
              {columns.map((c) => {
                const content = c.cell(r);
                const classes = `${c.number ? 'number' : ''} ${c.wide ? 'wide' : ''} ${c.main ? 'main' : ''} ${content === null || content === '' ? 'void' : ''} ${(typeof c.class === 'function' ? c.class(r) : c.class) || ''}`;
                const inner = <><span class="cell-head" aria-hidden="true">{c.head}</span><span class="cell">{content}</span></>;
                return c.main
                  ? <th key={c.key} role="rowheader" scope="row" class={classes}>{inner}</th>
                  : <td key={c.key} role="cell" class={classes}>{inner}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
