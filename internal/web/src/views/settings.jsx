// An institution's own settings, for administrators; also how one is set up.
import { useState } from 'preact/hooks';
import { me, settings, usage } from '../core/api.js';
import { announce } from '../core/announce.js';
import { languages, num, t } from '../core/i18n.js';
import { useDraft } from '../core/draft.js';
import { limits } from '../core/kinds.js';
import { useLoad } from '../core/load.js';
import { user } from '../core/user.js';
import { AdminPage } from '../components/administration.jsx';
import { Changed } from '../components/changed.jsx';
import { Button, Choices, Failure, Field, Loaded, Page } from '../components/basics.jsx';
import { Draft } from '../components/draft.jsx';

export function Settings() {
  const load = useLoad((o) => settings.get(o), []);
  const used = useLoad((o) => usage(o), []);
  return (
    <AdminPage title={t('settings.title')} lead={t('settings.lead')}>
      <Loaded of={load}>{(stored) => <Edit stored={stored} used={used.data} reload={load.reload} onSaved={() => announce(t('settings.saved'), { shown: true })} />}</Loaded>
    </AdminPage>
  );
}

/**
 * The first thing an administrator of a new institution sees.
 * @param {{language?: any, onDone?: any}} props
 */
export function Setup({ language, onDone }) {
  return (
    <main>
      <Page title={t('settings.setup')} lead={t('settings.setup.lead')}>
        <Edit stored={{ name: '', language, separator: language === 'en' ? ',' : ';', country: '', titles: [] }} onSaved={onDone} />
      </Page>
    </main>
  );
}

const lines = (s) => (s || []).join('\n');
const unlines = (s) => s.split('\n').map((x) => x.trim()).filter(Boolean);
const draftOf = (s) => ({ ...s, titles: lines(s.titles), mailDomains: lines(s.mailDomains), limits: s.limits || {}, userLimits: s.userLimits || {}, etag: s.etag });

const bounds = ['importsAtOnce', 'rowsADay', 'mailsADay', 'deletionsAnHour', 'previewsAtOnce', 'contactsADay', 'fileMegabytes'];
const whole = (v) => (v === '' || v === undefined ? undefined : Number(v));
const given = (o) => Object.fromEntries(bounds.map((k) => [k, whole(o[k])]).filter(([, v]) => v !== undefined));

/** What the settings say, by the names of their parts. */
function inWords(s) {
  const bound = (name, of) => Object.fromEntries(bounds.map((k) => [`${name}: ${t(`limit.${k}`)}`, of?.[k] === undefined ? '' : num(of[k])]));
  return {
    [t('settings.name')]: s.name, [t('nav.language')]: languages[s.language], [t('settings.separator')]: t(`separator.${s.separator}`), [t('contact.country')]: s.country,
    [t('settings.titles')]: (s.titles || []).join(', '), [t('settings.mailDomains')]: (s.mailDomains || []).join(', '), [t('settings.dropEmail')]: s.dropEmail,
    [t('settings.auditDays')]: s.auditDays, [t('settings.exportRole')]: t(`group.${s.exportRole || 'operator'}`),
    ...bound(t('settings.limits'), s.limits), ...bound(t('settings.userLimits'), s.userLimits),
  };
}

/**
 * An institution that is being set up has no reload yet, and the usual limits.
 * @param {{stored?: any, onSaved?: any, reload?: any, used?: any}} props
 */
function Edit({ stored, onSaved, reload, used }) {
  const [draft, set, forget, back, begin] = useDraft('settings', () => draftOf(stored));
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  // What is wrong with one of several lines is said of them all.
  // What stands beside its field; an institution that is being set up has fewer of them.
  const beside = reload ? /^body\.(name|language|country|titles|mailDomains|dropEmail|auditDays|limits\.\w+|userLimits\.\w+)$/ : /^body\.(name|language|country|titles)$/;
  const wrong = (at) => error?.errors?.find((e) => e.location.replace(/\[\d+\]$/, '') === `body.${at}`)?.message;
  const body = () => {
    const { etag, ...own } = draft;
    const all = { ...own, titles: unlines(draft.titles), mailDomains: unlines(draft.mailDomains), limits: given(draft.limits), userLimits: given(draft.userLimits), auditDays: whole(draft.auditDays) };
    // What the API leaves out when it is empty must not look changed.
    for (const k of ['titles', 'mailDomains', 'limits', 'userLimits']) if (Object.keys(all[k]).length === 0 && !stored[k]) delete all[k];
    return all;
  };
  const take = async () => {
    const now = await reload();
    if (now) begin(draftOf(now));
    setError(null);
  };
  const save = async (etag) => {
    setBusy(true);
    setError(null);
    try {
      await settings.put(body(), etag);
      forget();
      user.value = await me();
      onSaved();
    } catch (x) { setError(x); }
    setBusy(false);
  };
  return (
    <form class="form two" onSubmit={(e) => { e.preventDefault(); save(draft.etag); }} noValidate>
        <Draft of={back} />
      <Field label={t('settings.name')} error={wrong('name')}>
        {(p) => <input {...p} type="text" maxLength={limits.name} value={draft.name} onInput={(e) => set({ name: e.currentTarget.value })} />}
      </Field>
      <Field label={t('nav.language')} hint={t('settings.language.hint')} error={wrong('language')}>
        {(p) => (
          <select {...p} value={draft.language} onChange={(e) => set({ language: e.currentTarget.value })}>
            {Object.entries(languages).map(([l, name]) => <option key={l} value={l} lang={l}>{name}</option>)}
          </select>
        )}
      </Field>
      <Choices legend={t('settings.separator')} hint={t('settings.separator.hint')} name="separator" value={draft.separator} onChange={(separator) => set({ separator })}
        options={[{ value: ',', label: t('separator.,') }, { value: ';', label: t('separator.;') }]} />
      <Field label={t('contact.country')} hint={t('settings.country.hint')} error={wrong('country')}>
        {(p) => <input {...p} type="text" maxLength={2} autocomplete="country" value={draft.country} onInput={(e) => set({ country: e.currentTarget.value.toUpperCase() })} />}
      </Field>
      <Field label={t('settings.titles')} hint={t('settings.titles.hint')} error={wrong('titles')} optional>
        {(p) => <textarea {...p} rows={5} value={draft.titles} onInput={(e) => set({ titles: e.currentTarget.value })} />}
      </Field>
      {reload && <>
        <Field label={t('settings.mailDomains')} hint={t('settings.mailDomains.hint')} error={wrong('mailDomains')} optional>
          {(p) => <textarea {...p} rows={3} spellcheck={false} value={draft.mailDomains} onInput={(e) => set({ mailDomains: e.currentTarget.value })} />}
        </Field>
        <Field label={t('settings.dropEmail')} hint={t('settings.dropEmail.hint')} error={wrong('dropEmail')} optional>
          {(p) => <input {...p} type="email" value={draft.dropEmail || ''} onInput={(e) => set({ dropEmail: e.currentTarget.value })} />}
        </Field>
        <Field label={t('settings.auditDays')} hint={t('settings.auditDays.hint', { least: limits.leastAuditDays, most: limits.mostAuditDays, usual: limits.auditDays })} error={wrong('auditDays')} optional>
          {(p) => <input {...p} type="number" min={limits.leastAuditDays} max={limits.mostAuditDays} inputMode="numeric" value={draft.auditDays ?? ''} onInput={(e) => set({ auditDays: e.currentTarget.value })} />}
        </Field>
        <Choices legend={t('settings.exportRole')} hint={t('settings.exportRole.hint')} name="exportRole" value={draft.exportRole || 'operator'} onChange={(exportRole) => set({ exportRole })}
          options={['viewer', 'operator', 'admin'].map((value) => ({ value, label: t(`group.${value}`) }))} />
        <Limits legend={t('settings.limits')} of={draft.limits} used={used?.institution} wrong={(k) => wrong(`limits.${k}`)} onChange={(l) => set({ limits: l })} />
        <Limits legend={t('settings.userLimits')} of={draft.userLimits} usual={used?.user} wrong={(k) => wrong(`userLimits.${k}`)} onChange={(l) => set({ userLimits: l })} />
      </>}
      {error && (error.status === 412
        ? <Changed mine={body()} read={() => settings.get()} show={inWords} busy={busy} onTake={take} onKeep={(theirs) => save(theirs.etag)} />
        : <Failure error={error} beside={(l) => beside.test(l)} />)}
      <div class="form-end"><Button type="submit" kind="primary" icon="check" busy={busy}>{t('form.save')}</Button></div>
    </form>
  );
}

/**
 * used tells how much of each limit is used, usual only what the limits are.
 * @param {{legend?: any, of?: any, used?: any, usual?: any, wrong?: any, onChange?: any}} props
 */
function Limits({ legend, of, used, usual, wrong, onChange }) {
  const now = used || usual;
  // The size of a file is a limit of which nothing is used up.
  const most = (k) => now?.[k]?.limit ?? limits[k];
  return (
    <fieldset class="sheet-fields whole-row">
      <legend>{legend}</legend>
      <p class="hint">{t('settings.limits.hint')}</p>
      <div class="field-grid">
        {bounds.map((k) => (
          <Field key={k} label={t(`limit.${k}`)} hint={used?.[k] && t('limit.used', used[k])} error={wrong(k)}>
            {(p) => <input {...p} type="number" min={1} inputMode="numeric" placeholder={most(k) && !of[k] ? num(most(k)) : ''} value={of[k] ?? ''} onInput={(e) => onChange({ ...of, [k]: e.currentTarget.value })} />}
          </Field>
        ))}
      </div>
    </fieldset>
  );
}
