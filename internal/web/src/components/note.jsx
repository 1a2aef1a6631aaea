// What people write about an import.
import { useState } from 'preact/hooks';
import { imports } from '../core/api.js';
import { announce } from '../core/announce.js';
import { t } from '../core/i18n.js';
import { limits } from '../core/kinds.js';
import { may } from '../core/user.js';
import { Button, Failure, Field } from './basics.jsx';
import { Changed } from './changed.jsx';

/** @param {{of?: any, reload?: any}} props */
export function Note({ of, reload }) {
  const [text, setText] = useState(null); // while it is written
  const [base, setBase] = useState(null); // the import as it was when the writing began
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const begin = () => { setBase(of); setText(of.note || ''); };
  const end = async () => { await reload(); setText(null); setError(null); };
  // In place of the note that was seen.
  const save = async (seen) => {
    setBusy(true);
    setError(null);
    try {
      // An import goes on while its note is written: only another note is in the way.
      const now = await imports.get(of.id);
      await imports.put(of.id, { note: text.trim() }, (now.note || '') === (seen.note || '') ? now.etag : seen.etag);
      await end();
      announce(t('note.saved'), { shown: true });
    } catch (x) { setError(x); }
    setBusy(false);
  };
  if (text === null) {
    if (!may('operator')) return of.note ? <p class="note">{of.note}</p> : null;
    return <p class="note">{of.note && <span>{of.note}</span>}<Button kind="quiet" icon={of.note ? 'edit' : 'plus'} onClick={begin}>{t(of.note ? 'note.change' : 'note.add')}</Button></p>;
  }
  return (
    <form class="form note-form" onSubmit={(e) => { e.preventDefault(); save(base); }}>
      <Field label={t('note.title')} hint={t('note.hint')}>
        {(p) => <input {...p} type="text" maxLength={limits.text} value={text} ref={(x) => { if (x && !x.dataset.met) { x.dataset.met = 'yes'; x.focus(); } }} onInput={(e) => setText(e.currentTarget.value)} />}
      </Field>
      {error && (error.status === 412
        ? <Changed mine={{ note: text.trim() }} read={() => imports.get(of.id)} show={(x) => ({ [t('note.title')]: x.note })} busy={busy} onTake={end} onKeep={save} />
        : <Failure error={error} />)}
      <div class="actions">
        <Button type="submit" busy={busy}>{t('form.save')}</Button>
        <Button kind="quiet" onClick={() => { setText(null); setError(null); }}>{t('form.cancel')}</Button>
      </div>
    </form>
  );
}
