// A guess at what a chosen file is about, so that the form is filled in right.
import { decode, read } from './csv.js';

/** Resolves to {dataType, fields} or null when the file does not tell. */
export async function sniff(file, catalogue) {
  const named = /^rollbook-(criteria|authorisations|contacts)-.*\.zip$/i.exec(file.name);
  if (named) return { dataType: named[1].toLowerCase() };
  const head = await file.slice(0, 8192).arrayBuffer();
  const inside = firstInside(new Uint8Array(head));
  if (inside !== null) return byName(inside) || byName(file.name);
  const text = decode(head.byteLength % 2 ? head.slice(0, head.byteLength - 1) : head);
  const rows = read(text.split(/\r\n|\n|\r/).slice(0, 20).join('\n')).map((r) => r.map((c) => c.trim()));
  const header = rows[0] || [];
  const codes = header.map((c) => /^\[new\]\s*(.+)$/i.exec(c)?.[1].trim().toUpperCase()).filter(Boolean);
  if (header.some((c) => /^\[new\]\s*(email|first name|last name|street|city|phone)$/i.test(c))) return { dataType: 'contacts' };
  const rooms = new Set(codes.map((c) => catalogue?.byCode[c]?.room).filter(Boolean));
  if (rooms.size === 1) return { dataType: rooms.has('criterion') ? 'criteria' : 'authorisations' };
  if (!codes.length && header.some((c) => /^(first name|last name|email|contact)$/i.test(c))) return { dataType: 'contacts' };
  // Who sends addresses and no [new] column has a list from elsewhere, whatever its columns are called.
  if (!codes.length && rows.some((r) => r.some((c) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(c)))) return { dataType: 'contacts' };
  return byName(file.name);
}

// A zip, as a workbook is one too, whatever its own name is: the name of the first file in it, else null.
function firstInside(b) {
  if (b[0] !== 0x50 || b[1] !== 0x4b || b[2] !== 3 || b[3] !== 4) return null;
  return new TextDecoder().decode(b.slice(30, 30 + b[26] + 256 * b[27]));
}

function byName(name) {
  const found = ['criteria', 'authorisations', 'contacts'].find((d) => name.toLowerCase().includes(d));
  return found ? { dataType: found } : null;
}
