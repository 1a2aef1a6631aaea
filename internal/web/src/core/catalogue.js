// Criteria and authorisations, read once and again after a change.
import { signal } from '@preact/signals';
import { criteria, authorisations } from './api.js';
import { t, byText } from './i18n.js';
import { contactFields, labelOf } from './kinds.js';

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

/** Criteria or authorisations by label. */
export const inRoom = (room) =>
  (catalogue.value?.fields || []).filter((f) => f.room === room).sort((a, b) => byText(labelOf(a), labelOf(b)));

/** The definition of a field that an import names: by code, or by a contact's column. */
export function fieldOf(name) {
  const own = contactFields.find((f) => f === name || f.toLowerCase() === String(name).replace(/ /g, '').toLowerCase());
  return catalogue.value?.byCode[name] || (own && { code: own, label: t(`contact.${own}`), kind: 'contact', values: [], room: 'contact' }) || null;
}
