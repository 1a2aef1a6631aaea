// The catalogue as a CSV: what a file would change in it.
import { read } from './csv.js';
import { t } from './i18n.js';
import { criterionKinds, kindNamed, labelsAfter, labelsOf, limits } from './kinds.js';

const kinds = [...criterionKinds, 'authorisation'];
const isCode = (s) => /^[A-Z0-9_]+$/.test(s) && s.length <= limits.code;
const columns = ['field code', 'field label', 'kind', 'value code', 'value label', 'retired'];
const yes = new Set(['true', 't', 'yes', '1', 'x', 'vrai', 'oui', 'wahr', 'ja', 'vero', 'sì', 'verdadero', 'sí']);

function fail(code, params) {
  throw Object.assign(new Error(code), { code, params });
}

/**
 * Compares a values.csv with the catalogue. Returns {changes, faults}: a change
 * is {room, code, body, isNew, what}; faults are sentences, and with any of them
 * nothing should be done. What the file does not name stays as it is: values
 * that it leaves out are not removed. A label in another language, as a template
 * has them, is no new one.
 */
export function fromCSV(text, catalogue) {
  const rows = read(text);
  if (!rows.length) fail('empty');
  const header = rows[0].map((h) => h.trim().toLowerCase());
  const at = Object.fromEntries(columns.map((c) => [c, header.indexOf(c)]));
  for (const c of ['field code', 'kind']) if (at[c] < 0) fail('column', { column: c });
  const faults = [];
  const fields = new Map();
  rows.slice(1).forEach((row, n) => {
    const cell = (c) => (at[c] < 0 ? '' : (row[at[c]] || '').trim());
    const line = n + 2;
    const code = cell('field code').toUpperCase();
    if (!isCode(code)) { faults.push(t('cataloguecsv.badCode', { line, code: cell('field code'), n: limits.code })); return; }
    const kind = cell('kind').toLowerCase();
    if (!kinds.includes(kind)) { faults.push(t('cataloguecsv.badKind', { line, kind: cell('kind'), kinds: kinds.join(', ') })); return; }
    const f = fields.get(code) || { code, kind, label: '', values: [] };
    if (f.kind !== kind) faults.push(t('cataloguecsv.twoKinds', { line, code }));
    f.label = cell('field label') || f.label;
    fields.set(code, f);
    const value = cell('value code').toUpperCase();
    if (!value) return;
    if (!kindNamed(kind).values) { faults.push(t('cataloguecsv.noValues', { line, code })); return; }
    if (!isCode(value)) { faults.push(t('cataloguecsv.badCode', { line, code: cell('value code'), n: limits.code })); return; }
    if (f.values.some((v) => v.code === value)) { faults.push(t('cataloguecsv.twice', { line, code: value })); return; }
    f.values.push({ code: value, label: cell('value label'), retired: at.retired < 0 ? undefined : yes.has(cell('retired').toLowerCase()) });
  });
  const changes = [];
  for (const f of fields.values()) {
    const old = catalogue.byCode[f.code];
    if (old && old.kind !== f.kind) { faults.push(t('cataloguecsv.kindFixed', { code: f.code })); continue; }
    const c = compare(f, old);
    if (c) changes.push(c);
  }
  return { changes, faults };
}

function compare(f, old) {
  const room = f.kind === 'authorisation' ? 'authorisation' : 'criterion';
  const label = old && (!f.label || labelsOf(old).includes(f.label)) ? old.label : f.label || f.code;
  const what = [];
  const values = (old?.values || []).map((v) => ({ ...v }));
  for (const v of f.values) {
    const had = values.find((o) => o.code === v.code);
    if (!had) {
      values.push({ code: v.code, label: v.label || v.code, retired: Boolean(v.retired) });
      what.push(`+ ${v.code}`);
      continue;
    }
    if (v.label && !labelsOf(had).includes(v.label)) {
      what.push(`${had.label} → ${v.label}`);
      had.labels = labelsAfter(had.labels, had.label, v.label);
      had.label = v.label;
    }
    if (v.retired !== undefined && v.retired !== Boolean(had.retired)) {
      what.push(t(v.retired ? 'cataloguecsv.retires' : 'cataloguecsv.unretires', { code: v.code }));
      had.retired = v.retired;
    }
  }
  if (old && label !== old.label) what.unshift(`${old.label} → ${label}`);
  if (old && !what.length) return null;
  const body = { label, labels: labelsAfter(old?.labels, old?.label, label) };
  if (room === 'criterion') {
    body.kind = f.kind;
    if (values.length) body.values = values;
    for (const setting of ['maxLength', 'decimals']) if (old?.[setting]) body[setting] = old[setting];
  }
  return { room, code: f.code, body, isNew: !old, what: old ? what : [] };
}
