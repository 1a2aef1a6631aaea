// Criteria and authorisations, read once and again after a change.
import { signal } from '@preact/signals';
import { criteria, authorisations } from './api.js';
import { lang, t, byText } from './i18n.js';

/** {fields, byCode} or null; fields are criteria and authorisations with field, room and kind. */
export const catalogue = signal(null);

let reading;

/** Reads the catalogue unless it is there; with again, anew. */
export function loadCatalogue(again = false) {
  if (reading && !again) return reading;
  reading = Promise.all([criteria.all(), authorisations.all()]).then(([cs, as]) => {
    const fields = [
      ...cs.map((c) => ({ ...c, values: c.values || [], room: 'criterion', field: `criterion:${c.code}` })),
      ...as.map((a) => ({ ...a, kind: 'authorisation', values: [], room: 'authorisation', field: `authorisation:${a.code}` })),
    ];
    catalogue.value = { fields, byCode: Object.fromEntries(fields.map((f) => [f.code, f])) };
    return catalogue.value;
  }).catch((e) => { reading = null; throw e; });
  return reading;
}

/** A field's label in the language shown. */
export const labelOf = (f) => f.labels?.[lang.value] || f.label || f.code;

/** Criteria or authorisations by label. */
export const inRoom = (room) =>
  (catalogue.value?.fields || []).filter((f) => f.room === room).sort((a, b) => byText(labelOf(a), labelOf(b)));

/** A stored value in words: labels of codes, yes and no. */
export function valueWords(f, value) {
  if (value === '' || value === undefined || value === null) return t('value.empty');
  const kind = f?.kind;
  if (kind === 'yesno' || kind === 'authorisation') {
    if (value === 'empty') return t('value.empty');
    const yes = value === true || value === 'true';
    return kind === 'authorisation' ? t(yes ? 'value.granted' : 'value.refused') : t(yes ? 'value.yes' : 'value.no');
  }
  if (kind === 'choice' || kind === 'multichoice') {
    const codes = Array.isArray(value) ? value : String(value).split('|');
    return codes.map((c) => f.values.find((v) => v.code === c)?.label || c).join(', ');
  }
  return value === '(text)' ? t('value.text') : String(value);
}

/** The definition of a field that an import names: by code, or by a contact's column. */
export function fieldOf(name) {
  const own = contactFields.find((f) => f === name || f.toLowerCase() === String(name).replace(/ /g, '').toLowerCase());
  return catalogue.value?.byCode[name] || (own && { code: own, label: t(`contact.${own}`), kind: 'contact', values: [], room: 'contact' }) || null;
}

/** The contact's own fields, in the order of the files. */
export const contactFields = ['email', 'title', 'firstName', 'lastName', 'language', 'birthDate', 'phone', 'street', 'postcode', 'city', 'country'];
