// The screen's words. Two files a language, fetched when they are needed; English
// has every key, and a test keeps the others complete.
import { signal, computed } from '@preact/signals';

export const languages = { en: 'English', fr: 'Français', de: 'Deutsch', it: 'Italiano', es: 'Español' };

const load = {
  en: () => import('../lang/en.json'),
  fr: () => import('../lang/fr.json'),
  de: () => import('../lang/de.json'),
  it: () => import('../lang/it.json'),
  es: () => import('../lang/es.json'),
};

// The words of views that are fetched when they are shown.
const more = {
  en: () => import('../lang/more-en.json'),
  fr: () => import('../lang/more-fr.json'),
  de: () => import('../lang/more-de.json'),
  it: () => import('../lang/more-it.json'),
  es: () => import('../lang/more-es.json'),
};
let wantsMore = false;

const remembered = 'rollbook.language';

/** The language shown: en, fr, de, it or es. */
export const lang = signal('en');
const messages = signal({});

// Dates and numbers follow the browser's region where its language is ours:
// Swiss French and French French differ.
const locale = computed(() => (navigator.languages || []).find((l) => l.slice(0, 2).toLowerCase() === lang.value) || lang.value);

/** The language that was chosen in this browser, null for none. */
export function keptLanguage() {
  let kept = null;
  try { kept = localStorage.getItem(remembered); } catch { /* storage may be closed */ }
  return kept in languages ? kept : null;
}

/** The language to begin with: the remembered one, else the browser's first that is ours. */
export function firstLanguage() {
  const kept = keptLanguage();
  if (kept) return kept;
  return (navigator.languages || []).map((l) => l.slice(0, 2).toLowerCase()).find((l) => l in languages) || 'en';
}

async function words(of) {
  const parts = await Promise.all([load[of](), ...(wantsMore ? [more[of]()] : [])]);
  return Object.assign({}, ...parts.map((p) => p.default));
}

/** Has the words of all views from now on, in each language that is shown. */
export async function withMoreWords() {
  if (wantsMore) return;
  wantsMore = true;
  try {
    messages.value = await words(lang.value);
  } catch (e) { wantsMore = false; throw e; }
}

/** Shows the language. With remember, this browser keeps it. */
export async function setLanguage(to, remember = false) {
  messages.value = await words(to);
  lang.value = to;
  document.documentElement.lang = to;
  if (remember) try { localStorage.setItem(remembered, to); } catch { /* then only for now */ }
}

/** Whether there are words for the key. */
export const has = (key) => key in messages.value;

/**
 * The words for a key. {name} in them is replaced by params.name, numbers in the
 * language's form; words that depend on a number are chosen by params.n.
 */
export function t(key, params = {}) {
  let words = messages.value[key];
  if (words === undefined) return key;
  if (typeof words === 'object') words = words[new Intl.PluralRules(lang.value).select(params.n)] ?? words.other;
  return words.replace(/\{(\w+)\}/g, (whole, name) => {
    const v = params[name];
    return v === undefined ? whole : typeof v === 'number' ? num(v) : String(v);
  });
}

/** A number as the language writes it. */
export const num = (n) => new Intl.NumberFormat(locale.value).format(n);

/** A number in digits as the language writes it, with all its decimals. */
export const decimal = (digits) => new Intl.NumberFormat(locale.value, { maximumFractionDigits: 20 }).format(digits);

/** A share of 1 as a percentage. */
export const percent = (x) => new Intl.NumberFormat(locale.value, { style: 'percent', maximumFractionDigits: 0 }).format(x);

/** A moment as date and time. */
export const dateTime = (iso) =>
  iso ? new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso)) : '';

/** A day, yyyy-mm-dd or a moment. */
export const day = (iso) =>
  iso ? new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeZone: iso.length === 10 ? 'UTC' : undefined }).format(new Date(iso)) : '';

/** The time of day of a moment. */
export const time = (iso) => (iso ? new Intl.DateTimeFormat(locale.value, { timeStyle: 'short' }).format(new Date(iso)) : '');

/** How long ago a moment was. */
export function ago(iso, now = Date.now()) {
  const s = Math.min(0, (new Date(iso).getTime() - now) / 1000);
  const f = new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' });
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const units = [['day', 86400], ['hour', 3600], ['minute', 60]];
  for (const [unit, size] of units) {
    if (-s >= size) return f.format(Math.ceil(s / size), unit);
  }
  return f.format(0, 'second');
}

/** A list of words, as the language joins them: by and, or with either by or. */
export const listed = (words, either = false) => new Intl.ListFormat(locale.value, { type: either ? 'disjunction' : 'conjunction' }).format(words);

/** A size in bytes. */
export function bytes(n) {
  let i = 0;
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i += 1; }
  return new Intl.NumberFormat(locale.value, { style: 'unit', unit: units[i], unitDisplay: i ? 'short' : 'long', maximumFractionDigits: n < 10 && i ? 1 : 0 }).format(n);
}

/** Orders texts as the language does. */
export const byText = (a, b) => a.localeCompare(b, lang.value, { numeric: true, sensitivity: 'base' });

/** The name of a language or region by its code. */
export function nameOf(type, code) {
  try { return new Intl.DisplayNames(locale.value, { type }).of(code) || code; } catch { return code; }
}
