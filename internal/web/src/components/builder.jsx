// The builder of condition trees, out of ordinary form controls.
import { useEffect, useId, useRef } from 'preact/hooks';
import { catalogue } from '../core/catalogue.js';
import { choices, kindOf, newGroup, newLeaf, opsOf, without } from '../core/condition.js';
import { t } from '../core/i18n.js';
import { takes } from '../core/kinds.js';
import { announce } from '../core/announce.js';
import { Button } from './basics.jsx';
import { Combo } from './combo.jsx';
import { firstOperand, Operand } from './kinds.jsx';

// What has just been added takes the focus.
let fresh = '';

/** @param {{value?: any, onChange?: any, readOnly?: any}} props */
export function Builder({ value, onChange, readOnly }) {
  return <div class="builder"><Group node={value} onChange={onChange} path="" readOnly={readOnly} /></div>;
}

/** @param {{node?: any, onChange?: any, onRemove?: any, path?: any, readOnly?: any}} props */
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
        <select id={id} ref={mode} value={node.mode} onChange={(e) => onChange({ ...node, mode: e.currentTarget.value })}>
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

/** @param {{node?: any, path?: any, onChange?: any, onRemove?: any}} props */
function Leaf({ node, path, onChange, onRemove }) {
  const field = useRef(null);
  useEffect(() => { if (fresh === node.key) { fresh = ''; field.current?.focus(); } }, []);
  const kind = node.field ? kindOf(node.field) : null;
  const ops = kind ? opsOf(kind) : [];
  const shownOps = kind && !ops.includes(node.op) ? [...ops, node.op] : ops;
  const setField = (f) => {
    const k = kindOf(f);
    const op = k === kind ? node.op : opsOf(k)[0];
    onChange({ ...node, field: f, op, value: firstOperand(k, op, k === kind ? node.value : undefined) });
  };
  const setOp = (op) => onChange({ ...node, op, value: without(op) ? '' : firstOperand(kind, op, node.value) });
  const name = t('builder.comparison', { path });
  return (
    <div class="leaf" role="group" aria-label={name}>
      <Combo box={field} label={t('builder.field', { path })} value={node.field || undefined} onChange={setField} disabled={!onRemove}
        options={[...(node.field && !known(node.field) ? [{ value: node.field, label: node.field }] : []), ...choices().flatMap((g) => g.options.map((o) => ({ value: o.field, label: o.label, hint: g.label })))]} />
      {kind && <select aria-label={t('builder.op', { path })} value={node.op} onChange={(e) => setOp(e.currentTarget.value)}>
        {shownOps.map((o) => <option key={o} value={o}>{t(`op.${o === 'is' && takes(kind, o) === 'set' ? 'isExactly' : o}`)}</option>)}
      </select>}
      {kind && !without(node.op) && <Operand key={`${node.field} ${node.op}`} kind={kind} op={node.op} f={catalogue.value?.byCode[node.field.split(':')[1]]} label={t('builder.value', { path })}
        value={node.value} onChange={(value) => onChange({ ...node, value })} />}
      {onRemove && <Button kind="quiet icon-only" icon="close" onClick={onRemove} aria-label={t('builder.remove', { path })} />}
    </div>
  );
}

const known = (field) => field.startsWith('contact:') || Boolean(catalogue.value?.fields.some((f) => f.field === field));
