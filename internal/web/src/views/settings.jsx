// An institution's own settings, for administrators; also how one is set up.
import { useState } from 'preact/hooks';
import { me, settings } from '../core/api.js';
import { announce } from '../core/announce.js';
import { languages, t } from '../core/i18n.js';
import { useDraft } from '../core/draft.js';
import { useLoad } from '../core/load.js';
import { user } from '../core/user.js';
import { Changed } from '../components/changed.jsx';
import { Button, Choices, Failure, Field, Loaded, Page } from '../components/basics.jsx';

export function Settings() {
  const load = useLoad((o) => settings.get(o), []);
  return (
    <Page title={t('settings.title')} lead={t('settings.lead')}>
      <Loaded of={load}>{(stored) => <Edit stored={stored} reload={load.reload} onSaved={() => announce(t('settings.saved'), { shown: true })} />}</Loaded>
    </Page>
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

const draftOf = (s) => ({ ...s, titles: (s.titles || []).join('\n'), etag: s.etag });

/** @param {{stored?: any, onSaved?: any, reload?: any}} props */
function Edit({ stored, onSaved, reload }) {
  const [draft, set, forget] = useDraft('settings', () => draftOf(stored));
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const wrong = (at) => error?.errors?.find((e) => e.location === `body.${at}`)?.message;
  const body = () => {
    const { etag, ...own } = draft;
    return { ...own, titles: draft.titles.split('\n').map((x) => x.trim()).filter(Boolean) };
  };
  const take = async () => {
    const now = await reload();
    if (now) set(() => draftOf(now));
    setError(null);
  };
  const save = async (e) => {
    e.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await settings.put(body(), draft.etag);
      forget();
      user.value = await me();
      onSaved();
    } catch (x) { setError(x); }
    setBusy(false);
  };
  return (
    <form class="form" onSubmit={save} noValidate>
      <Field label={t('settings.name')} error={wrong('name')}>
        {(p) => <input {...p} type="text" maxLength={100} value={draft.name} onInput={(e) => set({ name: e.currentTarget.value })} />}
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
      {error && (error.status === 412
        ? <Changed mine={body()} read={() => settings.get()} names={{ name: t('settings.name'), language: t('nav.language'), separator: t('settings.separator'), country: t('contact.country'), titles: t('settings.titles') }} onTake={take} />
        : <Failure error={error} />)}
      <div class="form-end"><Button type="submit" kind="primary" icon="check" busy={busy}>{t('form.save')}</Button></div>
    </form>
  );
}
