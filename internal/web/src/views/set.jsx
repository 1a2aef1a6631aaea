// Values for all contacts of a target, without a file.
import { useRef, useState } from 'preact/hooks';
import { faultAt, imports, newKey, targets } from '../core/api.js';
import { fieldOf, inRoom, loadCatalogue } from '../core/catalogue.js';
import { useDraft } from '../core/draft.js';
import { t } from '../core/i18n.js';
import { labelOf, takes } from '../core/kinds.js';
import { useLoad } from '../core/load.js';
import { go, to } from '../core/router.js';
import { Button, ButtonLink, Choices, Failure, Field, Loaded, Page } from '../components/basics.jsx';
import { Combo } from '../components/combo.jsx';
import { Count } from '../components/count.jsx';
import { Draft } from '../components/draft.jsx';
import { CheckGrid, ValueInput, cell, valuesOf } from '../components/kinds.jsx';

const rooms = { criteria: 'criterion', authorisations: 'authorisation' };

/** @param {{id?: any}} props */
export function SetValues({ id }) {
  const load = useLoad(async () => { await loadCatalogue(); return targets.get(id); }, [id]);
  return (
    <Page title={t('set.title')} lead={load.data && t('set.lead', { target: load.data.name })} back={{ href: to('targets', id), text: load.data?.name || t('targets.one') }}>
      <Loaded of={load}>{(target) => <Form target={target} />}</Loaded>
    </Page>
  );
}

/** @param {{target?: any}} props */
function Form({ target }) {
  const [draft, set, forget, back] = useDraft(`set.${target.id}`, () => ({ dataType: 'criteria', values: [{ code: '', how: 'replace', value: undefined }] }));
  const [wrong, setWrong] = useState(/** @type {Record<string, string>} */ ({}));
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const request = useRef({ key: '', of: '' });
  const room = rooms[draft.dataType];
  const change = (i, x) => set((d) => ({ ...d, values: d.values.map((v, k) => (k === i ? { ...v, ...x } : v)) }));
  const submit = async (e) => {
    e.preventDefault();
    const faults = {};
    const body = { dataType: draft.dataType, action: 'test', targetId: target.id, set: {} };
    draft.values.forEach((x, i) => {
      const f = fieldOf(x.code);
      const text = f ? cell(f, x) : '';
      if (!f) faults[i] = t('set.field.missing');
      else if (!text) faults[i] = t('set.value.missing');
      else body.set[x.code] = text;
    });
    setWrong(faults);
    if (Object.keys(faults).length) return;
    const of = JSON.stringify(body);
    if (request.current.of !== of) request.current = { key: newKey(), of };
    setBusy(true);
    setError(null);
    try {
      const made = await imports.create(body, request.current.key);
      forget();
      go(to('imports', made.id));
    } catch (x) { setError(x); setBusy(false); }
  };
  const chosen = draft.values.map((x) => x.code);
  return (
    <form class="form" onSubmit={submit} noValidate>
      <Draft of={back} />
      <Count condition={target.condition} id={target.id} />
      <div class="part">
        <Choices legend={t('imports.dataType')} name="dataType" value={draft.dataType} onChange={(dataType) => set({ dataType, values: [{ code: '', how: 'replace', value: undefined }] })}
          options={Object.keys(rooms).map((d) => ({ value: d, label: t(`dataType.${d}`), hint: t(`dataType.${d}.hint`) }))} />
        {draft.values.map((x, i) => (
          <fieldset class="set-field" key={`${i} ${draft.dataType}`}>
            <legend>{x.code ? labelOf(fieldOf(x.code)) : t('set.field', { n: i + 1 })}</legend>
            <Combo label={t('set.field', { n: i + 1 })} value={x.code || undefined} onChange={(code) => { change(i, { code, how: 'replace', value: undefined }); setWrong({}); }}
              options={inRoom(room).filter((f) => f.code === x.code || !chosen.includes(f.code)).map((f) => ({ value: f.code, label: labelOf(f), hint: f.code }))} />
            {x.code && <Value f={fieldOf(x.code)} x={x} n={i + 1} error={wrong[i] || faultAt(error, `body.set.${x.code}`)} onChange={(v) => { change(i, v); setWrong({}); }} />}
            {!x.code && wrong[i] && <p class="field-error" role="alert">{wrong[i]}</p>}
            {draft.values.length > 1 && <Button kind="quiet" icon="close" onClick={() => set((d) => ({ ...d, values: d.values.filter((_, k) => k !== i) }))}>{t('set.remove', { n: i + 1 })}</Button>}
          </fieldset>
        ))}
        {draft.values.length < inRoom(room).length && <p><Button icon="plus" onClick={() => set((d) => ({ ...d, values: [...d.values, { code: '', how: 'replace', value: undefined }] }))}>{t('set.add')}</Button></p>}
      </div>
      {error && <Failure error={error} beside={(l) => chosen.some((c) => l === `body.set.${c}`)} />}
      <p class="hint">{t('set.next')}</p>
      <div class="form-end">
        <Button type="submit" kind="primary big" icon="done" busy={busy}>{t('set.test')}</Button>
        <ButtonLink kind="quiet" href={to('targets', target.id)} onClick={forget}>{t('form.cancel')}</ButtonLink>
      </div>
    </form>
  );
}

/** @param {{f?: any, x?: any, n?: any, error?: any, onChange?: any}} props */
function Value({ f, x, n, error, onChange }) {
  const many = takes(f.kind, 'is') === 'set';
  const hows = many ? ['replace', 'add', 'remove', 'clear'] : ['replace', 'clear'];
  return (
    <>
      {f.kind !== 'authorisation' && (
        <Field label={t('set.how')}>
          {(p) => <select {...p} value={x.how} onChange={(e) => onChange({ how: e.currentTarget.value })}>{hows.map((h) => <option key={h} value={h}>{t(many || h === 'clear' ? `set.how.${h}` : 'set.how.one')}</option>)}</select>}
        </Field>
      )}
      {x.how !== 'clear' && (many
        ? <fieldset class="field"><legend>{t('set.value', { n })}</legend>
          <CheckGrid class="check-grid tight" options={valuesOf(f, f.values.filter((v) => !v.retired))} value={x.value || []} onChange={(value) => onChange({ value })} /></fieldset>
        : <Field label={t('set.value', { n })}>{(p) => <ValueInput {...p} f={f} value={x.value} onChange={(value) => onChange({ value })} />}</Field>)}
      {error && <p class="field-error" role="alert">{error}</p>}
    </>
  );
}
