// Dynamic targets: the list, and one of them with its builder.
import { useRef, useState } from 'preact/hooks';
import { newKey, targets } from '../core/api.js';
import { announce } from '../core/announce.js';
import { catalogue, loadCatalogue } from '../core/catalogue.js';
import { labelOf, limits, operandWords, ownWords } from '../core/kinds.js';
import { complete, fromTree, kindOf, newGroup, newLeaf, toTree, without } from '../core/condition.js';
import { keepDraft, useDraft } from '../core/draft.js';
import { listed, t } from '../core/i18n.js';
import { useLoad } from '../core/load.js';
import { go, to } from '../core/router.js';
import { may } from '../core/user.js';
import { Changed } from '../components/changed.jsx';
import { Button, ButtonLink, Empty, Failure, Field, Loaded, Notice, Page } from '../components/basics.jsx';
import { Builder } from '../components/builder.jsx';
import { Count, TargetCount } from '../components/count.jsx';
import { Draft } from '../components/draft.jsx';
import { Dialog } from '../components/dialog.jsx';
import { newTemplate } from '../core/forms.js';

/** A condition as a sentence. */
export function sentence(tree) {
  if (tree.all) return tree.all.length ? tree.all.map((x) => part(x, 'all')).join(` ${t('builder.and')} `) : t('builder.everybody.short');
  if (tree.any) return tree.any.length ? tree.any.map((x) => part(x, 'any')).join(` ${t('builder.or')} `) : t('builder.nobody.short');
  if (tree.not) return `${t('builder.not')} (${sentence(tree.not)})`;
  const [room, code] = tree.field.split(':');
  const def = room === 'contact' ? null : catalogue.value?.byCode[code];
  const name = def ? labelOf(def) : room === 'contact' ? t(`contact.${code}`) : code;
  const kind = kindOf(tree.field);
  const op = t(`op.${tree.op}`);
  if (without(tree.op)) return `${name} ${op}`;
  if (room === 'contact' && (code === 'language' || code === 'country')) {
    const values = [].concat(tree.value).map((v) => ownWords(code, v));
    return `${name} ${op} ${listed(values, tree.op === 'in')}`;
  }
  return `${name} ${op} ${operandWords(kind, tree.op, tree.value, def)}`;
}

const part = (x, within) => ((x.any && within === 'all' && x.any.length > 1) || (x.all && within === 'any' && x.all.length > 1) ? `(${sentence(x)})` : sentence(x));

export function Targets() {
  const list = useLoad(async () => { await loadCatalogue(); return targets.all(); }, []);
  const operator = may('operator');
  return (
    <Page title={t('targets.title')} lead={t('targets.lead')}
      actions={operator && <ButtonLink kind="primary" icon="plus" href={to('targets', 'new')}>{t('targets.new')}</ButtonLink>}>
      <Loaded of={list}>
        {(items) => (items.length === 0
          ? <Empty icon="target" title={t('targets.empty')} actions={operator && <ButtonLink kind="primary" icon="plus" href={to('targets', 'new')}>{t('targets.new')}</ButtonLink>}>{t('targets.empty.text')}</Empty>
          : <ul class="cards">
            {items.map((x) => (
              <li key={x.id} class="card target-card">
                <h2><a href={to('targets', x.id)}>{x.name}</a></h2>
                <p class="hint">{sentence(x.condition)}</p>
                <TargetCount target={x} />
              </li>
            ))}
          </ul>)}
      </Loaded>
    </Page>
  );
}

/** @param {{id?: any, copyOf?: any}} props */
export function Target({ id, copyOf }) {
  const load = useLoad(async () => {
    await loadCatalogue();
    const from = copyOf || (id !== 'new' && id);
    return from ? targets.get(from) : { name: '', condition: { all: [] } };
  }, [id, copyOf]);
  return (
    <Page title={id === 'new' ? t('targets.new') : load.data?.name || t('targets.one')} back={{ href: to('targets'), text: t('targets.title') }}>
      <Loaded of={load}>
        {(stored) => <Edit key={`${id} ${copyOf}`} id={id} stored={stored} copied={Boolean(copyOf)} reload={load.reload} />}
      </Loaded>
    </Page>
  );
}

/** @param {{id?: any, stored?: any, copied?: any, reload?: any}} props */
function Edit({ id, stored, copied, reload }) {
  const [draft, set, forget, back, begin] = useDraft(copied ? `target.copy.${stored.id}` : `target.${id}`, () => ({
    name: copied ? t('targets.copy.name', { name: stored.name }) : stored.name,
    root: id === 'new' && !copied ? newGroup('all', [newLeaf()]) : fromTree(stored.condition),
    etag: stored.etag,
  }));
  const [wrong, setWrong] = useState(/** @type {Record<string, string>} */ ({}));
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [removing, setRemoving] = useState(false);
  const key = useRef(newKey());
  const operator = may('operator');
  const whole = complete(draft.root);
  const condition = toTree(draft.root);
  const changed = id === 'new' || draft.name !== stored.name || JSON.stringify(condition) !== JSON.stringify(toTree(fromTree(stored.condition)));

  const save = async (etag) => {
    const faults = { name: draft.name.trim() ? '' : t('targets.name.missing'), root: whole ? '' : t('targets.incomplete') };
    setWrong(faults);
    if (faults.name) { /** @type {HTMLElement} */ (document.querySelector('[name=name]'))?.focus(); return; }
    if (faults.root) { /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('.leaf > :is(select, input, textarea)')]).find((e) => !e.value)?.focus(); return; }
    setBusy(true);
    setError(null);
    try {
      const body = { name: draft.name.trim(), condition };
      if (id === 'new') await targets.create(body, key.current);
      else await targets.put(id, body, etag);
      forget();
      announce(t('targets.saved', { name: body.name }), { shown: true });
      go(to('targets'));
    } catch (x) { setError(x); setBusy(false); }
  };
  const take = async () => {
    const now = await reload();
    if (now) begin({ name: now.name, root: fromTree(now.condition), etag: now.etag });
    setError(null);
  };
  const remove = async () => {
    setBusy(true);
    setError(null);
    try {
      await targets.remove(id, stored.etag);
      forget();
      announce(t('targets.deleted', { name: stored.name }), { shown: true });
      go(to('targets'));
    } catch (x) { setError(x); setBusy(false); setRemoving(false); }
  };
  return (
    <form class="form target-form" onSubmit={(e) => { e.preventDefault(); save(draft.etag); }} noValidate>
        <Draft of={back} />
      {!operator && <Notice title={t('targets.readOnly')} />}
      <Field label={t('targets.name')} error={wrong.name}>
        {(p) => <input {...p} name="name" type="text" maxLength={limits.name} value={draft.name} readOnly={!operator} onInput={(e) => set({ name: e.currentTarget.value })} />}
      </Field>
      <div class="target-columns">
        <div>
          <Builder value={draft.root} onChange={(root) => set({ root })} readOnly={!operator} />
          {wrong.root && !whole && <p class="field-error" role="alert">{wrong.root}</p>}
        </div>
        <aside aria-label={t('targets.matches')}>
          {whole ? <Count condition={condition} sample id={id !== 'new' && !changed && id} /> : <p class="hint">{t('targets.unfinished')}</p>}
        </aside>
      </div>
      {error && (error.status === 412
        ? <Changed mine={{ name: draft.name.trim(), condition }} read={() => targets.get(id)} show={(x) => ({ [t('targets.name')]: x.name, [t('targets.condition')]: sentence(x.condition) })} busy={busy} onTake={take} onKeep={(theirs) => save(theirs.etag)} />
        : <Failure error={error} />)}
      <div class="form-end">
        {operator && <Button type="submit" kind="primary" icon="check" busy={busy}>{t('form.save')}</Button>}
        {id !== 'new' && operator && !changed && <ButtonLink icon="edit" href={to('targets', id, 'set')}>{t('set.title')}</ButtonLink>}
        {id !== 'new' && operator && !changed && <ButtonLink icon="download" href={to('templates', 'new')} onClick={() => keepDraft('template', newTemplate(id))}>{t('templates.new')}</ButtonLink>}
        {operator && id !== 'new' && <ButtonLink icon="copy" href={`${to('targets', 'new')}?copy=${encodeURIComponent(id)}`}>{t('targets.duplicate')}</ButtonLink>}
        {operator && id !== 'new' && <Button kind="danger" icon="trash" onClick={() => setRemoving(true)}>{t('form.delete')}</Button>}
        {changed && operator && <ButtonLink kind="quiet" href={to('targets')} onClick={forget}>{t('form.cancel')}</ButtonLink>}
      </div>
      {removing && (
        <Dialog title={t('targets.delete.ask', { name: stored.name })} onClose={() => setRemoving(false)} actions={<>
          <Button kind="danger" icon="trash" busy={busy} onClick={remove}>{t('form.delete')}</Button>
          <Button kind="quiet" onClick={() => setRemoving(false)}>{t('form.cancel')}</Button>
        </>}><p>{t('targets.delete.text')}</p></Dialog>
      )}
    </form>
  );
}
