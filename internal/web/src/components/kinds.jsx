// How the values of each kind are entered: in a contact's form, and as what a
// comparison of a condition compares with.
import { useState } from 'preact/hooks';
import { t } from '../core/i18n.js';
import { limits, takes, tellApart } from '../core/kinds.js';

/** Values of a field to choose from, [code, words]; a retired one says so. */
export function valuesOf(f, values = f.values) {
  const label = tellApart(f);
  return values.map((v) => [v.code, v.retired ? `${label(v)} (${t('values.retired')})` : label(v)]);
}

const yesNo = () => [[true, t('value.yes')], [false, t('value.no')]];
const answers = () => [[true, t('value.granted')], [false, t('value.refused')], ['empty', t('value.empty')]];

// What can be chosen from: [value, words]; without it a value is typed.
const chosen = { choice: (f) => valuesOf(f), multichoice: (f) => valuesOf(f), yesno: yesNo, authorisation: answers };

// The input that a value is typed into, and what its text stands for.
const typed = {
  date: { attrs: () => ({ type: 'date', max: '9999-12-31' }), value: String },
  number: { attrs: (f) => ({ type: 'number', step: f?.decimals ? 10 ** -f.decimals : 1 }), value: (s) => (s === '' || Number.isNaN(Number(s)) ? s : Number(s)) },
  contactNumber: { attrs: () => ({ type: 'text', inputMode: 'numeric' }), value: String },
  text: { attrs: (f) => ({ type: 'text', maxLength: f?.maxLength || limits.text }), value: String },
};
const plain = { attrs: () => ({ type: 'text' }), value: String };
const typing = (kind) => typed[kind] || plain;

/**
 * An input whose text stays as it is typed, whatever it stands for.
 * @param {Record<string, any>} props
 */
function Typed({ kind, f, value, onChange, ...attrs }) {
  const how = typing(kind);
  const [text, setText] = useState(String(value ?? ''));
  const shown = how.value(text) === value ? text : String(value ?? '');
  return <input {...how.attrs(f)} {...attrs} value={shown} onInput={(e) => { setText(e.currentTarget.value); onChange(how.value(e.currentTarget.value)); }} />;
}

/**
 * The value of a criterion in a contact's form; several are chosen by CheckGrid.
 * @param {Record<string, any>} props
 */
export function ValueInput({ f, value, onChange, ...attrs }) {
  if (!chosen[f.kind]) return <Typed kind={f.kind} f={f} value={value} onChange={onChange} {...attrs} />;
  // A retired value stays where it is, and can no longer be chosen.
  const all = chosen[f.kind](f).filter(([v]) => v === value || !f.values.find((x) => x.code === v)?.retired);
  return (
    <select {...attrs} value={value === undefined || value === null ? '' : String(value)} onChange={(e) => onChange(all.find(([v]) => String(v) === e.currentTarget.value)?.[0] ?? '')}>
      {!all.some(([v]) => v === 'empty') && <option value="">{t('value.empty')}</option>}
      {all.map(([v, l]) => <option key={String(v)} value={String(v)}>{l}</option>)}
    </select>
  );
}

/**
 * Check boxes for any number of values.
 * @param {Record<string, any>} props
 */
export function CheckGrid({ options, value, onChange, ...attrs }) {
  return (
    <div {...attrs}>
      {options.map(([v, l]) => (
        <label class="check" key={String(v)}>
          <input type="checkbox" checked={value.includes(v)} onChange={(e) => onChange(e.currentTarget.checked ? [...value, v] : value.filter((x) => x !== v))} />
          <span>{l}</span>
        </label>
      ))}
    </div>
  );
}

/** The value that a comparison begins with when its field or operator changes. */
export function firstOperand(kind, op, old) {
  switch (takes(kind, op)) {
    case 'nothing': return '';
    case 'list': case 'set': return Array.isArray(old) ? old : [];
    case 'range': return Array.isArray(old) && old.length === 2 ? old : ['', ''];
    case 'days': return 30;
    default: {
      const all = chosen[kind]?.({ values: [] });
      if (all?.length) return all.some(([v]) => v === old) ? old : all[0][0];
      return Array.isArray(old) || typeof old === 'boolean' ? '' : old ?? '';
    }
  }
}

/**
 * What a comparison compares with.
 * @param {{kind?: any, op?: any, f?: any, label?: any, value?: any, onChange?: any}} props
 */
export function Operand({ kind, op, f, label, value, onChange }) {
  const all = chosen[kind]?.(f || { values: [] });
  switch (takes(kind, op)) {
    case 'days':
      return <span class="operand-days"><Typed kind="number" aria-label={label} min={0} value={value} onChange={onChange} /><span>{t('builder.daysUnit')}</span></span>;
    case 'range':
      return (
        <span class="operand-range">
          <Typed kind={kind} f={f} aria-label={`${label}. ${t('builder.from')}`} value={value[0]} onChange={(v) => onChange([v, value[1]])} />
          <span>{t('builder.and')}</span>
          <Typed kind={kind} f={f} aria-label={`${label}. ${t('builder.to')}`} value={value[1]} onChange={(v) => onChange([value[0], v])} />
        </span>
      );
    case 'list': case 'set':
      return all
        ? <CheckGrid class="many" role="group" aria-label={label} options={all} value={Array.isArray(value) ? value : [value]} onChange={onChange} />
        : <Lines kind={kind} label={label} value={value} onChange={onChange} />;
    default:
  }
  if (!all) return <Typed kind={kind} f={f} aria-label={label} value={value} onChange={onChange} />;
  return (
    <select aria-label={label} value={String(value)} onChange={(e) => onChange(all.find(([v]) => String(v) === e.currentTarget.value)[0])}>
      {value === '' && <option value="">{t('form.choose')}</option>}
      {all.map(([v, l]) => <option key={String(v)} value={String(v)}>{l}</option>)}
      {value !== '' && !all.some(([v]) => v === value) && <option value={String(value)}>{String(value)}</option>}
    </select>
  );
}

/** @param {{kind?: any, label?: any, value?: any, onChange?: any}} props */
function Lines({ kind, label, value, onChange }) {
  const read = (s) => s.split('\n').map((x) => x.trim()).filter(Boolean).map(typing(kind).value);
  const [text, setText] = useState(value.join('\n'));
  const shown = read(text).join('\n') === value.join('\n') ? text : value.join('\n');
  const say = t(kind === 'date' ? 'builder.lines.date' : 'builder.lines');
  return <textarea aria-label={`${label}. ${say}`} placeholder={say} rows={3} value={shown}
    onInput={(e) => { setText(e.currentTarget.value); onChange(read(e.currentTarget.value)); }} />;
}

/** What a [new] cell says to do with a value: {how: replace, add, remove or clear, value}; '' for nothing chosen yet. */
export function cell(f, x) {
  if (x.how === 'clear') return 'Empty';
  const v = x.value;
  if (takes(f.kind, 'is') === 'set') return v?.length ? `${x.how === 'replace' ? '' : `${x.how}: `}${v.join('|')}` : '';
  if (typeof v === 'boolean') return v ? 'TRUE' : 'FALSE';
  if (f.kind === 'authorisation') return v === 'empty' ? 'Empty' : '';
  const text = String(v ?? '').trim();
  // A word that would be read as something else, and what makes it a text.
  return f.kind === 'text' && (/^(empty|vide|leer|vuoto|vacío)$/i.test(text) || text.startsWith('\\')) ? `\\${text}` : text;
}
