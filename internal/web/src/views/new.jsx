// A new import: one form, one press.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { t } from '../core/i18n.js';
import { config } from '../core/config.js';
import { catalogue, loadCatalogue } from '../core/catalogue.js';
import { useDraft } from '../core/draft.js';
import { dataTypes as known, limits } from '../core/kinds.js';
import { newImport } from '../core/forms.js';
import { go, to } from '../core/router.js';
import { newKey } from '../core/api.js';
import { chosen, send } from '../core/sending.js';
import { sniff } from '../core/sniff.js';
import { announce } from '../core/announce.js';
import { Button, ButtonLink, Choices, Failure, Field, Page } from '../components/basics.jsx';
import { Draft } from '../components/draft.jsx';
import { DropZone, FilePicker } from '../components/drop.jsx';
import { Icon } from '../components/icon.jsx';

// Where the encodings are met, by names that need no translation.
const used = {
  'Windows-1252': 'English, Deutsch, Français…', 'Windows-1250': 'Polski, Čeština, Magyar…', MacRoman: 'Apple', CP850: 'MS-DOS',
  'Windows-1254': 'Türkçe', 'Windows-1257': 'Latviešu, Lietuvių…',
};

export function New() {
  const [draft, set, forget, back] = useDraft('new', newImport);
  const [dataTypes, setDataTypes] = useState(known);
  const [encodings, setEncodings] = useState([]);
  const [wrong, setWrong] = useState(/** @type {Record<string, string>} */ ({}));
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [guessed, setGuessed] = useState('');
  const request = useRef({ key: '', of: '' });
  const file = chosen.value;
  const fileId = useId();
  const sniffing = useRef(null);
  const byHand = useRef(undefined);

  useEffect(() => { config().then((c) => { if (c.dataTypes) setDataTypes(c.dataTypes); setEncodings(c.encodings || []); }).catch(() => {}); loadCatalogue().catch(() => {}); }, []);
  useEffect(() => {
    if (!file) return;
    sniffing.current = sniff(file, catalogue.value).catch(() => null).then((s) => {
      if (chosen.value !== file) return ''; // another was chosen meanwhile
      const dataType = s && dataTypes.includes(s.dataType) ? s.dataType : '';
      setGuessed(dataType);
      // What the user has chosen for this file stays, and what another one was taken for goes.
      if (byHand.current === file) return '';
      if (dataType || guessed) set((d) => (dataType || d.dataType === guessed ? { ...d, dataType } : d));
      if (!dataType) return '';
      setWrong((w) => ({ ...w, dataType: '' }));
      announce(t('new.recognised', { type: t(`dataType.${dataType}`) }));
      return dataType;
    });
  }, [file, catalogue.value, dataTypes]);

  const take = (f) => {
    chosen.value = f;
    setWrong((w) => ({ ...w, file: '' }));
  };
  const submit = async (e) => {
    e.preventDefault();
    const dataType = draft.dataType || await sniffing.current;
    const faults = {
      file: !file ? t('new.file.missing') : file.size === 0 ? t('new.file.empty') : '',
      dataType: dataType ? '' : t('new.dataType.missing'),
      email: draft.mail && !/^\S+@\S+\.\S+$/.test(draft.email) ? t('form.email.wrong') : '',
    };
    setWrong(faults);
    const first = ['file', 'dataType', 'email'].find((k) => faults[k]);
    if (first) {
      const at = { file: `[id="${fileId}"]`, dataType: '[name=dataType]', email: '[name=email]' }[first];
      document.querySelector(at)?.focus();
      return;
    }
    const body = { dataType, action: draft.action, onConflict: draft.onConflict };
    if (dataType === 'contacts' && draft.allowSamePerson) body.allowSamePerson = true;
    if (draft.encoding) body.encoding = draft.encoding;
    if (draft.note?.trim()) body.note = draft.note.trim();
    if (draft.mail) body.email = draft.email;
    // The same form sent again is the same request: a lost answer makes no second import.
    const of = JSON.stringify([body, file.name, file.size, file.lastModified]);
    if (request.current.of !== of) request.current = { key: newKey(), of };
    setBusy(true);
    setError(null);
    try {
      const id = await send(file, body, request.current.key);
      chosen.value = null;
      forget();
      go(to('imports', id));
    } catch (x) {
      setError(x);
      setBusy(false);
    }
  };

  return (
    <Page title={t('new.title')} lead={t('new.lead')} back={{ href: to('imports'), text: t('imports.title') }}>
      <form class="form two" onSubmit={submit} noValidate>
        <Draft of={back} />
        <Part n={1} title={t('new.file')}>
          <FilePicker id={fileId} file={file} onFile={take} accept=".csv,.txt,.tsv,.zip,.xlsx,text/csv" error={wrong.file} describedby={wrong.file ? `${fileId}-error` : undefined} />
          <label class="hidden" for={fileId}>{t('new.file')}</label>
          <p class="hint"><a href={to('help', 'lists')}>{t('help.link')}</a></p>
          <Paste onFile={take} />
          {wrong.file && <p class="field-error" id={`${fileId}-error`}><Icon name="error" />{wrong.file}</p>}
          <Choices legend={t('imports.dataType')} name="dataType" value={draft.dataType} onChange={(dataType) => { byHand.current = file; set({ dataType }); setWrong((w) => ({ ...w, dataType: '' })); }}
            options={dataTypes.map((d) => ({ value: d, label: t(`dataType.${d}`), hint: t(`dataType.${d}.hint`) }))} />
          {wrong.dataType && <p class="field-error" role="alert"><Icon name="error" />{wrong.dataType}</p>}
          {guessed && guessed === draft.dataType && <p class="hint recognised"><Icon name="check" />{t('new.recognised', { type: t(`dataType.${guessed}`) })}</p>}
        </Part>
        <Part n={2} title={t('new.what')}>
          <Choices legend={t('imports.action')} name="action" value={draft.action} onChange={(action) => set({ action })} options={[
            { value: 'test', label: t('action.test'), hint: t('action.test.hint') },
            { value: 'update', label: t('action.update'), hint: t('action.update.hint') },
          ]} />
          <details class="more" open={draft.onConflict !== 'skip' || draft.mail || Boolean(draft.note) || draft.allowSamePerson || Boolean(draft.encoding)}>
            <summary>{t('new.more')}</summary>
            <Choices legend={t('conflict.title')} hint={t('conflict.hint')} name="onConflict" value={draft.onConflict} onChange={(onConflict) => set({ onConflict })} options={[
              { value: 'skip', label: t('conflict.skip'), hint: t('conflict.skip.hint') },
              { value: 'overwrite', label: t('conflict.overwrite'), hint: t('conflict.overwrite.hint') },
            ]} />
            {draft.dataType === 'contacts' && (
              <label class="check"><input type="checkbox" checked={Boolean(draft.allowSamePerson)} onChange={(e) => set({ allowSamePerson: e.currentTarget.checked })} />
                <span>{t('new.samePerson')}<span class="hint block">{t('new.samePerson.hint')}</span></span>
              </label>
            )}
            <Field label={t('new.encoding')} hint={t('new.encoding.hint')}>
              {(p) => (
                <select {...p} value={draft.encoding || ''} onChange={(e) => set({ encoding: e.currentTarget.value })}>
                  <option value="">{t('new.encoding.auto')}</option>
                  {encodings.map((e) => <option key={e} value={e}>{used[e] ? `${e} (${used[e]})` : e}</option>)}
                </select>
              )}
            </Field>
            <Field label={t('note.title')} hint={t('note.hint')} optional>
              {(p) => <input {...p} type="text" maxLength={limits.text} value={draft.note || ''} onInput={(e) => set({ note: e.currentTarget.value })} />}
            </Field>
            <label class="check"><input type="checkbox" checked={draft.mail} onChange={(e) => set({ mail: e.currentTarget.checked })} />{t('new.mail')}</label>
            {draft.mail && (
              <Field label={t('form.email')} error={wrong.email}>
                {(p) => <input {...p} type="email" name="email" autocomplete="email" value={draft.email} onInput={(e) => set({ email: e.currentTarget.value })} />}
              </Field>
            )}
          </details>
        </Part>
        {error && <Failure error={error} title={t('new.failed')} />}
        <div class="form-end">
          <Button type="submit" kind="primary big" icon={draft.action === 'test' ? 'done' : 'upload'} busy={busy}>
            {t(draft.action === 'test' ? 'new.start.test' : 'new.start.update')}
          </Button>
          <ButtonLink kind="quiet" href={to('imports')} onClick={() => { chosen.value = null; forget(); }}>{t('form.cancel')}</ButtonLink>
        </div>
      </form>
      <DropZone onFile={take} />
    </Page>
  );
}

// Cells as a spreadsheet puts them on the clipboard are a file with tabs.
function pasted(text) {
  const now = new Date();
  const two = (n) => String(n).padStart(2, '0');
  const name = `${t('paste.name')} ${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())} ${two(now.getHours())}-${two(now.getMinutes())}.csv`;
  return new File([`\ufeff${text}`], name, { type: 'text/csv', lastModified: 0 });
}

/** @param {{onFile?: any}} props */
function Paste({ onFile }) {
  const [text, setText] = useState('');
  const rows = text.trim() ? text.trim().split(/\r\n|\r|\n/).length : 0;
  return (
    <details class="more">
      <summary>{t('paste.title')}</summary>
      <Field label={t('paste.cells')} hint={t('paste.hint')}>
        {(p) => <textarea {...p} rows={6} value={text} spellcheck={false} autocomplete="off" class="mono" onInput={(e) => setText(e.currentTarget.value)} />}
      </Field>
      <p class="actions"><Button icon="check" disabled={rows < 2} onClick={() => onFile(pasted(text))}>{rows < 2 ? t('paste.use') : t('paste.use.rows', { n: rows - 1 })}</Button></p>
    </details>
  );
}

/** @param {{n?: any, title?: any, children?: any}} props */
function Part({ n, title, children }) {
  const id = useId();
  return (
    <section class="part" aria-labelledby={id}>
      <h2 id={id}><span class="part-number" aria-hidden="true">{n}</span>{title}</h2>
      {children}
    </section>
  );
}
