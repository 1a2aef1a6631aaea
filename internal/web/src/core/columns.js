// The columns of ours that one of a file's may be for, and what they are called.
import { catalogue, inRoom } from './catalogue.js';
import tables from './columns.json';
import { t } from './i18n.js';
import { contactFields, labelOf } from './kinds.js';

/** The column that has the contact number; the columns that a full name is for, to be split. */
export const { key: keyColumn, wholes } = tables;

const ofContact = (name) => tables.contact[name];

/** A column of ours, by which two are compared. */
export const same = (column) => column.trim().toLowerCase();

/** Whether a column is written, or compared with, or names the contact, by itself. */
export const counts = (column) => !/^\[\s*(info|error|undo)\s*\]/i.test(column) && !pieceOf(column);

/** Parts of a field that a file has in columns of their own, with the column that they go into and where: before it, as they stand beside it, behind it, on a line of their own, or in its place. */
const pieces = Object.fromEntries(tables.parts.map((p) => [p.column, [p.of, p.place]]));

const pieceOf = (column) => Object.keys(pieces).find((p) => same(p) === same(column));

/** The column of ours that one goes into as a part, and how: [column, place]; undefined for any other. */
export const pieceFor = (column) => pieces[pieceOf(column)];

/**
 * What a column of ours holds in a row: its own cell and those of its parts, in the file's order.
 * @param {{piece?: string, text: string}[]} cells
 */
export function joined(cells) {
  const at = (...places) => cells.filter((c) => c.text && places.includes(c.piece ? pieceFor(c.piece)[1] : 'own')).map((c) => c.text);
  const own = [...at('before'), ...cells.filter((c) => c.text && (!c.piece || pieceFor(c.piece)[1] === 'beside')).map((c) => c.text), ...at('behind')].join(' ');
  return [own, ...at('line')].filter(Boolean).join(', ') || at('instead')[0] || at('date').join('-');
}

const wholeOf = (column) => Object.keys(wholes).find((k) => same(wholes[k]) === same(column));

/** The columns that one stands for: a full name for two. */
export const partsOf = (column) => (wholeOf(column) ? ['First name', 'Last name'] : [column]);

/** What a column of ours is called; of one that is not in the catalogue, itself. */
export function columnWords(column) {
  if (same(column) === same(keyColumn)) return t('contact.number');
  if (wholeOf(column)) return t(`match.whole.${wholeOf(column)}`);
  if (pieceOf(column)) return t(`match.piece.${pieceOf(column)}`);
  const [, role, code] = /^\[\s*(\w+)\s*\]\s*(.*)$/.exec(column) || [];
  if (!role) {
    const own = contactFields.find((f) => same(ofContact(f)) === same(column));
    return own ? t(`contact.${own}`) : column;
  }
  const def = catalogue.value?.byCode[code] || (catalogue.value?.fields || []).find((f) => same(labelOf(f)) === same(code));
  const own = contactFields.find((f) => same(ofContact(f)) === same(code));
  const name = def ? labelOf(def) : own ? t(`contact.${own}`) : code;
  switch (role.toLowerCase()) {
    case 'new': return name;
    case 'old': return t('match.old', { field: name });
    default: return column;
  }
}

/** What a column of a file of the type of data may be for: [{value, label, hint}] */
export function columnOptions(dataType) {
  const fields = (room, word) => inRoom(room).flatMap((f) => [
    { value: `[new] ${f.code}`, label: labelOf(f), hint: t(word) },
    { value: `[old] ${f.code}`, label: t('match.old', { field: labelOf(f) }), hint: t('match.old.hint') },
  ]);
  return [
    { value: keyColumn, label: t('contact.number'), hint: t('match.key') },
    ...(dataType === 'contacts' ? contactFields.map((f) => ({ value: ofContact(f), label: t(`contact.${f}`), hint: t('match.contact') })) : []),
    ...(dataType === 'contacts' ? Object.keys(wholes).map((k) => ({ value: wholes[k], label: t(`match.whole.${k}`), hint: t('match.whole.hint') })) : []),
    ...(dataType === 'contacts' ? Object.keys(pieces).map((p) => ({ value: p, label: t(`match.piece.${p}`), hint: t(`match.piece.${pieces[p][1]}`) })) : []),
    ...(dataType !== 'authorisations' ? fields('criterion', 'match.criterion') : []),
    ...(dataType !== 'criteria' ? fields('authorisation', 'match.authorisation') : []),
  ];
}
