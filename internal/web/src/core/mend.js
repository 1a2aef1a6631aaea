// What is to be done about the problems of an import: decisions that are kept with
// the import until the file is tested again with them, so that they are there on
// another day, on another computer and for a colleague.
import { signal } from '@preact/signals';
import { imports, newKey } from './api.js';
import { user } from './user.js';

/** How many corrections a recipe may have. */
export const mostCorrections = 10000;

// What the API has not taken yet is in this browser.
const prefix = 'rollbook.mend.';
const at = (id) => `${prefix}${user.value?.user}.${id}`;
const life = 30 * 24 * 3600e3; // as long as the uploaded file that they are about
const pause = 800; // after a decision, before it is sent
const again = 10e3; // after a failure

const none = () => ({ by: new Map(), dropped: [] });
const open = {};

// base is what the API has, of the import.
function about(id) {
  open[id] ??= { now: signal(none()), state: signal({ kept: '', by: '', at: '', joined: 0 }), base: none(), etag: '', loaded: null, busy: false, sending: Promise.resolve(), timer: 0, of: null };
  return open[id];
}

/**
 * The decisions about an import: {by, dropped}. by has them by what they are about;
 * dropped are places among the corrections that its recipe has already, which are
 * taken back.
 */
export const mending = (id) => about(id).now;

/** Where they are kept: {kept: '' | 'saving' | 'saved' | 'failed', by, at, joined}. */
export const keeping = (id) => about(id).state;

// A later decision about the same replaces an earlier one.
const keyOf = (d) => [d.kind, d.line ?? '', d.column ?? '', d.kind === 'value' ? d.from : ''].join('\n');

// Whether a decision about many conflicts says all that the other one says.
const covers = (many, d) => (d.kind === 'conflict' || d.kind === 'conflicts') && (!many.column || many.column === d.column);

// Decisions hold what cells say: those of files that are gone go too.
function expire() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(prefix)) continue;
    let since = 0;
    try { since = JSON.parse(localStorage.getItem(key)).at; } catch { /* as if it were old */ }
    if (!(Date.now() - since < life)) localStorage.removeItem(key);
  }
}

const unsent = (id) => {
  try {
    expire();
    const kept = JSON.parse(localStorage.getItem(at(id)));
    return kept && { etag: kept.etag, by: new Map(kept.decisions.map((d) => [keyOf(d), d])), dropped: kept.dropped };
  } catch { return null; }
};

function keepHere(id, next) {
  try {
    if (next) localStorage.setItem(at(id), JSON.stringify({ decisions: [...next.by.values()], dropped: next.dropped, etag: about(id).etag, at: Date.now() }));
    else localStorage.removeItem(at(id));
  } catch { /* then only for now */ }
}

const alike = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

// What two people have decided since base, together: mine stands where both have
// decided otherwise about the same thing.
function together(base, mine, theirs) {
  const by = new Map(theirs.by);
  for (const [k, d] of mine.by) if (!alike(base.by.get(k), d)) by.set(k, d);
  for (const k of base.by.keys()) if (!mine.by.has(k)) by.delete(k);
  const dropped = theirs.dropped.filter((p) => mine.dropped.includes(p) || !base.dropped.includes(p));
  return { by, dropped: [...new Set([...dropped, ...mine.dropped.filter((p) => !base.dropped.includes(p))])] };
}

/** Reads what is decided about an import; it can be asked again. */
export function loadDecisions(of) {
  const a = about(of.id);
  a.of = of;
  a.loaded ??= (async () => {
    const here = unsent(of.id);
    if (here && !a.now.value.by.size) a.now.value = { by: here.by, dropped: here.dropped };
    try {
      const draft = await imports.draft(of.id);
      const theirs = read(of, draft.recipe);
      // What is here and not sent rests on what the API had then, if that is known.
      a.now.value = together(here?.etag === draft.etag ? theirs : none(), a.now.value, theirs);
      Object.assign(a, { base: theirs, etag: draft.etag });
      a.state.value = { kept: draft.savedAt ? 'saved' : '', by: draft.savedBy || '', at: draft.savedAt || '', joined: 0 };
      if (here) later(of, 0);
    } catch (e) {
      a.loaded = null;
      failed(of, e);
    }
  })();
  return a.loaded;
}

// What the API refuses for good is not sent again.
function failed(of, e) {
  const a = about(of.id);
  a.state.value = { ...a.state.value, kept: 'failed' };
  if (e.status === 0 || e.status === 429 || e.status >= 500) later(of, again);
}

function later(of, wait) {
  const a = about(of.id);
  clearTimeout(a.timer);
  a.timer = setTimeout(() => save(of), wait);
}

/** Sends what is not kept yet. What fails is sent again, and at once when the connection is back. */
export async function save(of) {
  const a = about(of.id);
  clearTimeout(a.timer);
  if (a.busy || size(of) > mostCorrections) return;
  if (!a.loaded) { await loadDecisions(of); return; }
  a.busy = true; // before the wait, or a second call would send beside this one
  let ended;
  a.sending = new Promise((done) => { ended = done; });
  await a.loaded;
  if (!a.loaded) { a.busy = false; ended(); return; } // what is there is not known, and is asked for again
  a.state.value = { ...a.state.value, kept: 'saving' };
  let joined = a.state.value.joined;
  try {
    for (;;) {
      const mine = a.now.value;
      try {
        const kept = await imports.putDraft(of.id, recipeWith(of), a.etag);
        Object.assign(a, { etag: kept.etag, base: mine });
        if (a.now.value !== mine) continue; // more was decided meanwhile
        a.state.value = { kept: 'saved', by: kept.savedBy, at: kept.savedAt, joined };
        break;
      } catch (e) {
        if (e.status !== 412) throw e;
        const draft = await imports.draft(of.id);
        const theirs = read(of, draft.recipe);
        a.now.value = together(a.base, a.now.value, theirs);
        Object.assign(a, { etag: draft.etag, base: theirs });
        joined += 1;
      }
    }
    keepHere(of.id, null);
  } catch (e) { failed(of, e); }
  a.busy = false;
  ended();
}

window.addEventListener('online', () => {
  for (const a of Object.values(open)) if (a.of && a.state.value.kept === 'failed') save(a.of);
});

function keep(of, next) {
  const a = about(of.id);
  a.of = of;
  a.now.value = next;
  keepHere(of.id, next);
  later(of, pause);
}

/** Forgets what was decided about an import. */
export const forget = (of) => keep(of, none());

/** Adds decisions. Each is {kind: value | cell | row | conflicts | conflict | person, …}. */
export function decide(of, ...list) {
  const m = mending(of.id).value;
  const by = new Map(m.by);
  for (const d of list) {
    if (d.kind === 'conflicts') for (const [k, x] of by) if (covers(d, x)) by.delete(k);
    by.delete(keyOf(d));
    by.set(keyOf(d), d);
  }
  keep(of, { ...m, by });
}

/** Takes decisions back, by the members that say what they are about. */
export function takeBack(of, ...list) {
  const m = mending(of.id).value;
  const by = new Map(m.by);
  for (const d of list) by.delete(keyOf(d));
  keep(of, { ...m, by });
}

/** Takes back, or not, a correction that the import's recipe has already. */
export function drop(of, place, yes) {
  const m = mending(of.id).value;
  keep(of, { ...m, dropped: yes ? [...m.dropped, place] : m.dropped.filter((p) => p !== place) });
}

/** The decision that there is about something. */
export const decided = (of, like) => mending(of.id).value.by.get(keyOf(like));

// Conflicts come first, so that what is written into a cell stands.
const order = ['conflicts', 'conflict', 'value', 'cell', 'row', 'person'];

function correction(d) {
  switch (d.kind) {
    case 'value': return { column: d.column, from: d.from, to: d.to };
    case 'cell': return { line: d.line, column: d.column, to: d.to };
    case 'row': return { line: d.line, leaveOut: true };
    case 'conflicts': return { conflicts: d.side, ...(d.column ? { column: d.column } : {}) };
    default: return { line: d.line, conflict: d.side, ...(d.column ? { column: d.column } : {}) };
  }
}

function decision(c) {
  if (c.leaveOut) return { kind: 'row', line: c.line };
  if (c.conflicts) return { kind: 'conflicts', side: c.conflicts, column: c.column };
  if (c.conflict) return { kind: 'conflict', line: c.line, column: c.column, side: c.conflict };
  return c.line ? { kind: 'cell', line: c.line, column: c.column, to: c.to } : { kind: 'value', column: c.column, from: c.from, to: c.to };
}

const bare = ({ cells, ...c }) => c;
const sorted = (c) => JSON.stringify(Object.entries(bare(c)).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The decisions that make the recipe of the import's next test out of its own. */
function read(of, recipe) {
  if (!recipe) return none();
  const next = recipe.corrections || [];
  const dropped = [];
  let n = 0;
  (of.recipe.corrections || []).forEach((c, place) => {
    if (next[n] && sorted(next[n]) === sorted(c)) n += 1;
    else dropped.push(place);
  });
  const list = next.slice(n).map(decision);
  for (const [line, who] of Object.entries(recipe.persons || {})) if (of.recipe.persons?.[line] !== who) list.push({ kind: 'person', line: Number(line), who });
  return { by: new Map(list.map((d) => [keyOf(d), d])), dropped };
}

/** How many decisions wait for a test. */
export const waiting = (id) => mending(id).value.by.size + mending(id).value.dropped.length;

/** How many corrections the next test has. */
export function size(of) {
  const m = mending(of.id).value;
  let n = (of.recipe.corrections?.length || 0) - m.dropped.length;
  for (const d of m.by.values()) if (d.kind !== 'person') n += 1;
  return n;
}

/** The recipe of the import with all that was decided. */
function recipeWith(of) {
  const { by, dropped } = mending(of.id).value;
  const gone = new Set(dropped);
  const before = (of.recipe.corrections || []).filter((_, i) => !gone.has(i)).map(bare);
  const list = [...by.values()].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || Number(Boolean(a.column)) - Number(Boolean(b.column)));
  const persons = Object.fromEntries(list.filter((d) => d.kind === 'person').map((d) => [d.line, d.who]));
  const all = [...before, ...list.filter((d) => d.kind !== 'person').map(correction)];
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
  // It is in the new import now.
  const a = about(of.id);
  clearTimeout(a.timer);
  keepHere(of.id, null);
  delete open[of.id];
  // What is on its way is kept first, or it would stay there.
  a.sending.then(() => imports.dropDraft(of.id, a.etag)).catch(() => {});
  return made;
}

const lines = new Map(); // of groups that were read

/** All lines of a group of equal problems. */
export async function linesOf(of, group) {
  if (group.count <= group.lines.length) return group.lines;
  const at = `${of.id} ${group.group}`;
  if (!lines.has(at)) {
    const all = new Set();
    let cursor = '';
    do {
      const page = await imports.problemLines(of.id, { group: group.group, cursor });
      for (const line of page.items) all.add(line);
      cursor = page.nextCursor;
    } while (cursor);
    lines.set(at, [...all]);
  }
  return lines.get(at);
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
