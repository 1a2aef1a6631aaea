// The kinds of fields: what the domain says of them, and how their values are
// put into words.
import tables from './tables.json';
import { day, decimal, lang, listed, nameOf, t } from './i18n.js';

/** What people may write at most, and the types of data. */
export const { limits, dataTypes } = tables;

/** The codes of languages that people speak, and of countries. */
export const spoken = tables.spoken.split(' ');
export const countries = tables.countries.split(' ');

/** The contact's own fields, in the order of the files. */
export const contactFields = tables.contact.map((c) => c.name).filter((n) => n !== 'number');

const byName = Object.fromEntries(tables.kinds.map((k) => [k.name, k]));

/**
 * Of an unknown kind nothing is known.
 * @param {string} name
 * @returns {{name: string, criterion?: boolean, values?: boolean, maxLength?: boolean, decimals?: boolean, group?: string, operators: {name: string, takes: string}[]}}
 */
export const kindNamed = (name) => byName[name] || { name, operators: [] };

/** The kinds that a criterion may be of. */
export const criterionKinds = tables.kinds.filter((k) => k.criterion).map((k) => k.name);

/** The kind by which conditions ask for one of the contact's own fields. */
export const contactKind = (name) => tables.contact.find((c) => c.name === name)?.kind;

/** What an operator takes: nothing, one, part, list, set, range or days. */
export const takes = (kind, op) => kindNamed(kind).operators.find((o) => o.name === op)?.takes || 'one';

/** All labels of a field or a value: the main one and those in languages. */
export const labelsOf = (f) => [f.label, ...Object.values(f.labels || {})].filter(Boolean);

/**
 * The labels in languages of what is called otherwise now: without blank ones,
 * and without the one in the language shown if it only said the main label again,
 * for it would hide the new one.
 */
export const labelsAfter = (labels, was, now) => Object.fromEntries(Object.entries(labels || {}).filter(([l, text]) => text && !(l === lang.value && text === was && was !== now)));

/** The label of a field or a value in the language shown. */
export const labelOf = (f) => f.labels?.[lang.value] || f.label || f.code;

/** What tells the values of a field apart: the label, and the code where several have that label. */
export function tellApart(f) {
  const n = {};
  for (const v of f.values) n[labelOf(v)] = (n[labelOf(v)] || 0) + 1;
  return (v) => (n[labelOf(v)] > 1 ? `${labelOf(v)} (${v.code})` : labelOf(v));
}

function codes(value, f) {
  const label = tellApart(f);
  return (Array.isArray(value) ? value : String(value).split('|'))
    .map((c) => { const v = f.values.find((x) => x.code === c); return v ? label(v) : c; }).join(', ');
}
const isTrue = (value) => value === true || value === 'true';

const words = {
  choice: codes,
  multichoice: codes,
  yesno: (value) => t(isTrue(value) ? 'value.yes' : 'value.no'),
  authorisation: (value) => (value === 'empty' ? t('value.empty') : t(isTrue(value) ? 'value.granted' : 'value.refused')),
  date: (value) => day(value),
  number: (value) => decimal(value),
};

/** A value of one of the contact's own fields in words: names of languages and countries, days. */
export function ownWords(field, value) {
  if (!value) return t('value.empty');
  if (field === 'language') return nameOf('language', value);
  if (field === 'country') return nameOf('region', value);
  return field === 'birthDate' ? day(value) : String(value);
}

/** A stored value in words: labels of codes, yes and no, days and numbers as the language writes them. */
export function valueWords(f, value) {
  if (value === '' || value === undefined || value === null) return t('value.empty');
  const { group } = kindNamed(f?.kind);
  if (group && value === group) return t(`value.${group.slice(1, -1)}`);
  return words[f?.kind]?.(value, f) ?? String(value);
}

/** What a comparison compares with, in words. */
export function operandWords(kind, op, value, f) {
  const word = (v) => valueWords({ values: [], ...f, kind }, v);
  switch (takes(kind, op)) {
    case 'days': return t('builder.days', { n: value });
    case 'range': return listed(value.map(word));
    default: return Array.isArray(value) ? listed(value.map(word), op === 'in') : word(value);
  }
}
