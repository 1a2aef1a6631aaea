// All codes of the catalogue as a CSV.
import { settings } from './api.js';
import { catalogue } from './catalogue.js';
import { write } from './csv.js';
import { saveText } from './files.js';

/** All codes as rows of a table, as the template's values.csv has them. */
function valueRows(fields) {
  const rows = [['field code', 'field label', 'kind', 'value code', 'value label', 'retired']];
  for (const f of fields) {
    if (!f.values.length) rows.push([f.code, f.label, f.kind, '', '', '']);
    for (const v of f.values) rows.push([f.code, f.label, f.kind, v.code, v.label, v.retired ? 'true' : '']);
  }
  return rows;
}

/** Saves all codes as a CSV with the institution's separator. */
export async function saveValues() {
  const separator = await settings.get().then((s) => s.separator, () => ',');
  saveText('values.csv', write(valueRows(catalogue.value.fields), separator), 'text/csv;charset=utf-8');
}
