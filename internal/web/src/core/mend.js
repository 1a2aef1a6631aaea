// What is to be done about the problems of an import: decisions that are kept in
// this browser until the file is tested again with them.
import { signal } from '@preact/signals';
import { imports, newKey } from './api.js';
import { user } from './user.js';

/** How many corrections a recipe may have. */
export const mostCorrections = 10000;

const prefix = 'rollbook.mend.';
const at = (id) => `${prefix}${user.value?.user}.${id}`;
const life = 30 * 24 * 3600e3; // as long as the uploaded file that they are about
const none = () => ({ decisions: [], dropped: [] });
const open = {};

/**
 * The decisions about an import: {decisions, dropped}. dropped are places among
 * the corrections that its recipe has already, which are taken back.
 */
export function mending(id) {
  if (!open[id]) {
    expire();
    let kept = none();
    try { kept = { ...kept, ...JSON.parse(localStorage.getItem(at(id))) }; } catch { /* as if there were none */ }
    open[id] = signal(kept);
  }
  return open[id];
}

// Decisions hold what cells say: those of files that are gone go too.
function expire() {
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(prefix)) continue;
      let since = 0;
      try { since = JSON.parse(localStorage.getItem(key)).at; } catch { /* as if it were old */ }
      if (!(Date.now() - since < life)) localStorage.removeItem(key);
    }
  } catch { /* storage may be closed */ }
}

function keep(id, next) {
  mending(id).value = next;
  try {
    if (next.decisions.length || next.dropped.length) localStorage.setItem(at(id), JSON.stringify({ ...next, at: Date.now() }));
    else localStorage.removeItem(at(id));
  } catch { /* then only for now */ }
}

/** Forgets what was decided about an import. */
export const forget = (id) => keep(id, none());

// What a decision is about: a later one about the same replaces it.
const about = (d) => [d.kind, d.column, d.from, d.line, d.group].join('\n');

// Whether a decision about many conflicts says all that the other one says.
const covers = (many, d) => many.kind === 'conflicts' && (d.kind === 'conflict' || d.kind === 'conflicts') && (!many.column || many.column === d.column);

/** Adds decisions. Each is {kind: value | cell | rows | conflicts | conflict | person, …}. */
export function decide(id, ...list) {
  const m = mending(id).value;
  let { decisions } = m;
  for (const d of list) {
    decisions = [...decisions.filter((x) => about(x) !== about(d) && !covers(d, x)), d];
  }
  keep(id, { ...m, decisions });
}

/** Takes decisions back. */
export function takeBack(id, which) {
  const m = mending(id).value;
  keep(id, { ...m, decisions: m.decisions.filter((d) => !which(d)) });
}

/** Takes back, or not, a correction that the import's recipe has already. */
export function drop(id, place, yes) {
  const m = mending(id).value;
  keep(id, { ...m, dropped: yes ? [...m.dropped, place] : m.dropped.filter((p) => p !== place) });
}

/** The decision that there is about something, by the members that it has. */
export const decided = (id, like) => mending(id).value.decisions.find((d) => Object.entries(like).every(([k, v]) => d[k] === v));

// Conflicts come first, so that what is written into a cell stands.
const order = ['conflicts', 'conflict', 'value', 'cell', 'rows'];

function corrections(d) {
  switch (d.kind) {
    case 'value': return [{ column: d.column, from: d.from, to: d.to }];
    case 'cell': return [{ line: d.line, column: d.column, to: d.to }];
    case 'rows': return d.lines.map((line) => ({ line, leaveOut: true }));
    case 'conflicts': return [{ conflicts: d.side, ...(d.column ? { column: d.column } : {}) }];
    case 'conflict': return [{ line: d.line, conflict: d.side, column: d.column }];
    default: return [];
  }
}

/** How many corrections the next test has. */
export function size(of) {
  const m = mending(of.id).value;
  return (of.recipe.corrections?.length || 0) - m.dropped.length + m.decisions.reduce((n, d) => n + corrections(d).length, 0);
}

/** The recipe of the import with all that was decided. */
export function recipeWith(of) {
  const { decisions, dropped } = mending(of.id).value;
  const before = (of.recipe.corrections || []).filter((_, i) => !dropped.includes(i)).map(({ cells, ...c }) => c);
  const sorted = [...decisions].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || Number(Boolean(a.column)) - Number(Boolean(b.column)));
  const persons = Object.fromEntries(decisions.filter((d) => d.kind === 'person').map((d) => [d.line, d.who]));
  const all = [...before, ...sorted.flatMap(corrections)];
  const out = { ...of.recipe, corrections: all, persons: { ...of.recipe.persons, ...persons } };
  if (!all.length) delete out.corrections;
  if (!Object.keys(out.persons).length) delete out.persons;
  return out;
}

const request = { key: '', of: '' };

/** Tests the same bytes with what was decided, and returns the new import. */
export async function testAgain(of) {
  const recipe = recipeWith(of);
  const asked = JSON.stringify([of.id, recipe]);
  if (request.of !== asked) Object.assign(request, { key: newKey(), of: asked });
  const made = await imports.test(of.id, recipe, request.key);
  forget(of.id);
  return made;
}

/** All lines of a group of equal problems. */
export async function linesOf(of, group) {
  if (group.count <= group.lines.length) return group.lines;
  const lines = [];
  let cursor = '';
  do {
    const page = await imports.problems(of.id, { group: group.group, cursor, limit: 200 });
    lines.push(...page.items.map((p) => p.line));
    cursor = page.nextCursor;
  } while (cursor);
  return [...new Set(lines)];
}

// Two values mean the same if nothing but case, accents, marks and the order of
// their words differs.
const fingerprint = (s) => [...new Set(s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean))].sort().join(' ');

const listKinds = ['choice', 'multichoice'];

/** The code of a list's value that a text means but for its spelling, undefined for none or several. */
function meant(def, value) {
  const f = fingerprint(value);
  const found = def.values.filter((v) => !v.retired && (fingerprint(v.code) === f || [v.label, ...Object.values(v.labels || {})].some((l) => l && fingerprint(l) === f)));
  return f && found.length === 1 ? found[0].code : undefined;
}

/**
 * Groups of equal problems, those together whose values mean the same: {groups, to}.
 * Only values of lists are put together, never keys, addresses or free texts.
 */
export function clusters(groups, fieldOf) {
  const out = [];
  const by = new Map();
  for (const g of groups) {
    const def = fieldOf(g.field);
    const listed = def && listKinds.includes(def.kind) && g.value && g.column;
    const to = g.params.suggestion || (listed && meant(def, g.value)) || '';
    const key = listed && to ? `${g.column}\n${to}` : '';
    if (key && by.has(key)) by.get(key).groups.push(g);
    else {
      const c = { groups: [g], to };
      out.push(c);
      if (key) by.set(key, c);
    }
  }
  return out;
}

/** The rows of what was copied in a spreadsheet: cells are parted by tabs, and may be quoted. */
export function pasted(text) {
  const rows = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') { cell += '"'; i += 1; } else if (c === '"') quoted = false;
      else cell += c;
    } else if (c === '"' && cell === '') quoted = true;
    else if (c === '\t' || c === '\n' || c === '\r') {
      rows[rows.length - 1].push(cell);
      cell = '';
      if (c !== '\t') {
        if (c === '\r' && text[i + 1] === '\n') i += 1;
        if (i < text.length - 1) rows.push([]);
      }
    } else cell += c;
  }
  if (cell !== '' || !/[\n\r]$/.test(text)) rows[rows.length - 1].push(cell);
  return rows;
}
