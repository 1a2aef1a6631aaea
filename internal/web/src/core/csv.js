// The product's CSV, as far as the screen itself reads and writes it.

// What a spreadsheet would run, at the start of a cell or after what may be read
// as a separator; one apostrophe stands before it.
const risky = /(?<=^|[,;\t|])(?=[=+\-@'\t\r\n])/g;
const guarded = /(?<=^|[,;\t|])'(?=[=+\-@'\t\r\n])/g;

/** One table as the product writes it: byte order mark, CRLF, formulas guarded. */
export function write(rows, separator = ',') {
  const cell = (v) => {
    const s = String(v ?? '').replace(risky, "'");
    return s.includes(separator) || /["\r\n]/.test(s) ? `"${s.replace(/"/g, '""')}"` : s;
  };
  return `\ufeff${rows.map((r) => r.map(cell).join(separator)).join('\r\n')}\r\n`;
}

/** The text of a file: UTF-8, UTF-16 with a byte order mark, else Windows-1252. */
export function decode(bytes) {
  const b = new Uint8Array(bytes);
  if (b[0] === 0xff && b[1] === 0xfe) return new TextDecoder('utf-16le').decode(b);
  if (b[0] === 0xfe && b[1] === 0xff) return new TextDecoder('utf-16be').decode(b);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(b);
  } catch {
    return new TextDecoder('windows-1252').decode(b);
  }
}

/** The rows of a table with comma, semicolon, tab or bar, whichever its first line has most. */
export function read(text) {
  let s = text.replace(/^\ufeff/, '');
  let separator = null;
  const said = /^"?sep=(.)"?\r?\n?/i.exec(s);
  if (said) { [, separator] = said; s = s.slice(said[0].length); }
  if (!separator) {
    const first = s.split(/\r\n|\n|\r/, 1)[0];
    separator = [',', ';', '\t', '|'].map((c) => [first.split(c).length, c]).sort((a, b) => b[0] - a[0])[0][1];
  }
  const rows = [];
  let row = [];
  let cell = '';
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || row[0].trim() !== '') rows.push(row.map((c) => c.replace(guarded, '')));
    row = [];
    cell = '';
  };
  for (let i = 0; i < s.length; i++) {
    const c = s[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (s[i + 1] === '"') { cell += '"'; i += 1; } else quoted = false;
    } else if (c === '"' && cell === '') quoted = true;
    else if (c === separator) { row.push(cell); cell = ''; } else if (c === '\r' || c === '\n') {
      if (c === '\r' && s[i + 1] === '\n') i += 1;
      endRow();
    } else cell += c;
  }
  if (cell !== '' || row.length) endRow();
  return rows;
}
