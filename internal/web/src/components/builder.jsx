// The builder of condition trees, out of ordinary form controls.
import { useEffect, useId, useRef } from 'preact/hooks';
import { catalogue } from '../core/catalogue.js';
import { choices, firstValue, kindOf, newGroup, newLeaf, opsOf, without } from '../core/condition.js';
import { t } from '../core/i18n.js';
import { announce } from '../core/announce.js';
import { Button } from './basics.jsx';

// What has just been added takes the focus.
let fresh = '';

export function Builder({ value, onChange, readOnly }) {
  return <div class="builder"><Group node={value} onChange={onChange} path="" readOnly={readOnly} /></div>;
}

function Group({ node, onChange, onRemove, path, readOnly }) {
  const id = useId();
  const mode = useRef(null);
  const add = useRef(null);
  useEffect(() => { if (fresh === node.key) { fresh = ''; mode.current?.focus(); } }, []);
  const change = (i, next) => onChange({ ...node, items: node.items.map((x, k) => (k === i ? next : x)) });
  const remove = (i) => {
    onChange({ ...node, items: node.items.filter((_, k) => k !== i) });
    announce(t('builder.removed'));
    add.current?.querySelector('button')?.focus();
  };
  const append = (x) => { fresh = x.key; onChange({ ...node, items: [...node.items, x] }); };
  return (
    <fieldset class={`group ${path ? 'inner' : 'outer'}`} disabled={readOnly}>
      <legend class="hidden">{path ? t('builder.group', { path }) : t('builder.condition')}</legend>
      <div class="group-head">
        <label for={id}>{t('builder.match')}</label>
        <select id={id} ref={mode} value={node.mode} onChange={(e) => onChange({ ...node, mode: e.target.value })}>
          {['all', 'any', 'none'].map((m) => <option key={m} value={m}>{t(`builder.${m}`)}</option>)}
        </select>
        {onRemove && !readOnly && <Button kind="quiet icon-only" icon="close" onClick={onRemove} aria-label={t('builder.group.remove', { path })} />}
      </div>
      {node.items.length === 0 && <p class="hint">{t(node.mode === 'any' ? 'builder.nobody' : 'builder.everybody')}</p>}
      <ul class="group-items">
        {node.items.map((x, i) => (
          <li key={x.key}>
            {i > 0 && <span class="joint" aria-hidden="true">{t(node.mode === 'all' ? 'builder.and' : 'builder.or')}</span>}
            {x.items
              ? <Group node={x} path={path ? `${path}.${i + 1}` : String(i + 1)} onChange={(n) => change(i, n)} onRemove={() => remove(i)} readOnly={readOnly} />
              : <Leaf node={x} path={path ? `${path}.${i + 1}` : String(i + 1)} onChange={(n) => change(i, n)} onRemove={readOnly ? null : () => remove(i)} />}
          </li>
        ))}
      </ul>
      {!readOnly && <div class="group-add" ref={add}>
        <Button icon="plus" onClick={() => append(newLeaf())}>{t('builder.add')}</Button>
        <Button kind="quiet" icon="plus" onClick={() => append(newGroup(node.mode === 'all' ? 'any' : 'all', [newLeaf()]))}>{t('builder.add.group')}</Button>
      </div>}
    </fieldset>
  );
}

function Leaf({ node, path, onChange, onRemove }) {
  const field = useRef(null);
  useEffect(() => { if (fresh === node.key) { fresh = ''; field.current?.focus(); } }, []);
  const kind = node.field ? kindOf(node.field) : null;
  const ops = kind ? opsOf(kind) : [];
  const shownOps = kind && !ops.includes(node.op) ? [...ops, node.op] : ops;
  const setField = (f) => {
    const k = kindOf(f);
    const op = k === kind ? node.op : opsOf(k)[0];
    onChange({ ...node, field: f, op, value: firstValue(k, op, k === kind ? node.value : undefined) });
  };
  const setOp = (op) => onChange({ ...node, op, value: without(op) ? '' : firstValue(kind, op, node.value) });
  const name = t('builder.comparison', { path });
  return (
    <div class="leaf" role="group" aria-label={name}>
      <select ref={field} aria-label={t('builder.field', { path })} value={node.field} onChange={(e) => setField(e.target.value)}>
        {!node.field && <option value="">{t('builder.field.choose')}</option>}
        {node.field && !known(node.field) && <option value={node.field}>{node.field}</option>}
        {choices().map((g) => g.options.length > 0 && (
          <optgroup key={g.label} label={g.label}>{g.options.map((o) => <option key={o.field} value={o.field}>{o.label}</option>)}</optgroup>
        ))}
      </select>
      {kind && <select aria-label={t('builder.op', { path })} value={node.op} onChange={(e) => setOp(e.target.value)}>
        {shownOps.map((o) => <option key={o} value={o}>{t(`op.${kind === 'multichoice' && o === 'is' ? 'isExactly' : o}`)}</option>)}
      </select>}
      {kind && !without(node.op) && <Value kind={kind} node={node} path={path} onChange={(value) => onChange({ ...node, value })} />}
      {onRemove && <Button kind="quiet icon-only" icon="close" onClick={onRemove} aria-label={t('builder.remove', { path })} />}
    </div>
  );
}

const known = (field) => field.startsWith('contact:') || Boolean(catalogue.value?.fields.some((f) => f.field === field));

function Value({ kind, node, path, onChange }) {
  const label = t('builder.value', { path });
  const def = catalogue.value?.byCode[node.field.split(':')[1]];
  if (kind === 'choice' || kind === 'multichoice') {
    const options = def?.values || [];
    if (Array.isArray(node.value)) {
      return <Many label={label} options={options.map((v) => ({ value: v.code, label: v.label, retired: v.retired }))} value={node.value} onChange={onChange} />;
    }
    return (
      <select aria-label={label} value={node.value} onChange={(e) => onChange(e.target.value)}>
        {!node.value && <option value="">{t('form.choose')}</option>}
        {options.map((v) => <option key={v.code} value={v.code}>{v.label}{v.retired ? ` (${t('values.retired')})` : ''}</option>)}
        {node.value && !options.some((v) => v.code === node.value) && <option value={node.value}>{node.value}</option>}
      </select>
    );
  }
  if (kind === 'yesno' || kind === 'authorisation') {
    const all = kind === 'yesno' ? [[true, t('value.yes')], [false, t('value.no')]] : [[true, t('value.granted')], [false, t('value.refused')], ['empty', t('value.empty')]];
    if (Array.isArray(node.value)) return <Many label={label} options={all.map(([value, l]) => ({ value, label: l }))} value={node.value} onChange={onChange} />;
    return (
      <select aria-label={label} value={String(node.value)} onChange={(e) => onChange(all.find(([v]) => String(v) === e.target.value)[0])}>
        {all.map(([v, l]) => <option key={String(v)} value={String(v)}>{l}</option>)}
      </select>
    );
  }
  if (Array.isArray(node.value)) {
    return <textarea aria-label={`${label}. ${t('builder.lines')}`} placeholder={t('builder.lines')} rows={3} value={node.value.join('\n')}
      onChange={(e) => onChange(e.target.value.split('\n').map((s) => s.trim()).filter(Boolean))} />;
  }
  return <input aria-label={label} type={kind === 'date' ? 'date' : 'text'} inputMode={kind === 'number' ? 'numeric' : undefined} value={node.value}
    max={kind === 'date' ? '9999-12-31' : undefined} onInput={(e) => onChange(e.target.value)} />;
}

function Many({ label, options, value, onChange }) {
  return (
    <div class="many" role="group" aria-label={label}>
      {options.map((o) => (
        <label class="check" key={String(o.value)}>
          <input type="checkbox" checked={value.includes(o.value)} onChange={(e) => onChange(e.target.checked ? [...value, o.value] : value.filter((v) => v !== o.value))} />
          <span>{o.label}{o.retired && ` (${t('values.retired')})`}</span>
        </label>
      ))}
    </div>
  );
}
