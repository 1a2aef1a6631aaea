// A form in a dialog, which is sent once and stays until it has succeeded.
import { useId, useRef, useState } from 'preact/hooks';
import { t } from '../core/i18n.js';
import { Button, Failure } from './basics.jsx';
import { Dialog } from './dialog.jsx';

/**
 * send makes the request, or returns false where the form is not complete; what it
 * throws is shown, and given to children, which are called with it to make the
 * fields. beside says which faults the fields show.
 * @param {{title?: any, word?: any, icon?: any, send?: any, beside?: (location: string) => boolean, onClose?: any, children?: any}} props
 */
export function FormDialog({ title, word, icon = 'check', send, beside = () => false, onClose, children }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const form = useRef(null);
  const id = useId();
  const submit = async (e) => {
    e.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      if (await send() !== false) return;
    } catch (x) {
      setError(x);
      setTimeout(() => form.current?.querySelector('[aria-invalid]')?.focus());
    }
    setBusy(false);
  };
  return (
    <Dialog title={title} onClose={onClose} actions={<>
      <Button type="submit" form={id} kind="primary" icon={icon} busy={busy}>{word}</Button>
      <Button kind="quiet" onClick={onClose}>{t('form.cancel')}</Button>
    </>}>
      <form class="form" id={id} onSubmit={submit} noValidate ref={form}>
        {children(error)}
        {error && !error.errors?.some((e) => beside(e.location)) && <Failure error={error} />}
      </form>
    </Dialog>
  );
}
