// Condition trees: the API's form, and the groups and comparisons that the
// builder edits.
import { catalogue, inRoom } from './catalogue.js';
import { t } from './i18n.js';
import { contactFields, contactKind, kindNamed, labelOf } from './kinds.js';

let next = 0;
const key = () => { next += 1; return `n${next}`; };

export const newGroup = (mode = 'all', items = []) => ({ key: key(), mode, items });
export const newLeaf = () => ({ key: key(), field: '', op: 'is', value: '' });

/** The builder's group of a tree. Its outermost node is always a group. */
export function fromTree(tree) {
  const n = node(tree || { all: [] });
  return n.items ? n : newGroup('all', [n]);
}

function node(x) {
  if (x.all) return newGroup('all', x.all.map(node));
  if (x.any) return newGroup('any', x.any.map(node));
  if (x.not) return x.not.any ? newGroup('none', x.not.any.map(node)) : newGroup('none', [node(x.not)]);
  return { key: key(), field: x.field, op: x.op, value: x.value ?? '' };
}

/** The tree of a builder's node. */
export function toTree(n) {
  if (!n.items) return without(n.op) ? { field: n.field, op: n.op } : { field: n.field, op: n.op, value: n.value };
  const items = n.items.map(toTree);
  if (n.mode === 'none') return { not: { any: items } };
  return { [n.mode]: items };
}

/** Ops that take no value. */
export const without = (op) => op === 'isEmpty' || op === 'isNotEmpty';

/** Everything a comparison can be about: [{label, options: [{field, label, kind}]}]. */
export function choices() {
  return [
    { label: t('room.criterion'), options: inRoom('criterion').map((f) => ({ field: f.field, label: labelOf(f) })) },
    { label: t('room.authorisation'), options: inRoom('authorisation').map((f) => ({ field: f.field, label: labelOf(f) })) },
    { label: t('room.contact'), options: ['number', ...contactFields].map((c) => ({ field: `contact:${c}`, label: t(`contact.${c}`) })) },
  ];
}

/** The kind by which a field is asked for. */
export function kindOf(field) {
  const [room, code] = field.split(':');
  return room === 'contact' ? contactKind(code) : catalogue.value?.byCode[code]?.kind;
}

/** The ops of a kind, in the order in which they are shown. */
export const opsOf = (kind) => kindNamed(kind).operators.map((o) => o.name);

/** Whether every comparison says all it must. */
export function complete(n) {
  if (n.items) return n.items.every(complete);
  if (!n.field) return false;
  if (without(n.op)) return true;
  return Array.isArray(n.value) ? n.value.length > 0 && !n.value.includes('') : n.value !== '';
}
