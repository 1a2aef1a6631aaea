// One of many, found by typing: the combobox of the ARIA practices, with a list
// that filters.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { t } from '../core/i18n.js';

const plain = (s) => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** The options that have all the words in them. */
const found = (options, words) => {
  const asked = plain(words).split(/\s+/).filter(Boolean);
  return options.filter((o) => { const of = plain(`${o.label} ${o.hint || ''} ${o.value}`); return asked.every((w) => of.includes(w)); });
};

/**
 * options: [{value, label, hint}]; value undefined for nothing chosen yet.
 * @param {{label?: any, value?: any, options?: any, onChange?: any, invalid?: any, describedby?: any, box?: any, disabled?: any, placeholder?: any}} props
 */
export function Combo({ label, value, options, onChange, invalid, describedby, box, disabled, placeholder }) {
  const [words, setWords] = useState(null); // what was typed since the list opened, null while it is closed
  const [at, setAt] = useState(0);
  const id = useId();
  const list = useRef(null);
  const open = words !== null;
  const shown = open ? found(options, words) : [];
  const chosen = options.find((o) => o.value === value);
  const active = Math.min(at, shown.length - 1);
  useEffect(() => { if (open) list.current?.children[active]?.scrollIntoView({ block: 'nearest' }); }, [open, active, words]);
  const show = (typed = '') => {
    setWords(typed);
    setAt(typed ? 0 : Math.max(0, options.findIndex((o) => o.value === value)));
  };
  const pick = (o) => {
    setWords(null);
    if (o && o.value !== value) onChange(o.value);
  };
  const key = (e) => {
    switch (e.key) {
      case 'ArrowDown': case 'ArrowUp':
        e.preventDefault();
        if (open) setAt((active + (e.key === 'ArrowDown' ? 1 : shown.length - 1)) % Math.max(shown.length, 1));
        else show();
        return;
      case 'Enter': e.preventDefault(); if (open) pick(shown[active]); else show(); return;
      case 'Escape': if (open) { e.preventDefault(); setWords(null); } return;
      default:
    }
  };
  return (
    <div class="combo">
      <input ref={box} type="text" role="combobox" aria-label={label} aria-expanded={open ? 'true' : 'false'} aria-controls={open ? `${id}-list` : undefined} aria-autocomplete="list"
        aria-activedescendant={open && active >= 0 ? `${id}-${active}` : undefined} aria-invalid={invalid ? 'true' : undefined} aria-describedby={describedby}
        disabled={disabled} autocomplete="off" spellcheck={false} placeholder={placeholder || t('form.choose')} value={open ? words : chosen?.label ?? ''}
        onKeyPress={(e) => { if (e.key === 'Enter') e.preventDefault(); /* it sends no form */ }}
        onClick={() => { if (!open) show(); }} onInput={(e) => show(e.currentTarget.value)} onKeyDown={key} onBlur={() => setWords(null)} />
      {open && (
        <ul class="combo-list" role="listbox" id={`${id}-list`} aria-label={label} ref={list} onMouseDown={(e) => e.preventDefault()}>
          {shown.map((o, i) => (
            <li key={o.value} id={`${id}-${i}`} role="option" aria-selected={o.value === value ? 'true' : 'false'} class={i === active ? 'active' : ''} onClick={() => pick(o)}>
              <span>{o.label}</span>{o.hint && <span class="hint">{o.hint}</span>}
            </li>
          ))}
          {shown.length === 0 && <li class="hint" role="option" aria-disabled="true" aria-selected="false">{t('combo.none')}</li>}
        </ul>
      )}
    </div>
  );
}
