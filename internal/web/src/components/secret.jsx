// Something secret that the API shows once.
import { useState } from 'preact/hooks';
import { t } from '../core/i18n.js';
import { Button, Field, Notice } from './basics.jsx';
import { copy } from './copy.jsx';
import { Dialog } from './dialog.jsx';

/**
 * Stays until the reader says that the secret is kept: Escape would lose it.
 * @param {{title?: any, label?: any, secret?: any, children?: any, onDone?: any}} props
 */
export function Secret({ title, label, secret, children, onDone }) {
  const [copied, setCopied] = useState(false);
  const press = async () => {
    await copy(secret, t('secret.copied'));
    setCopied(true);
  };
  return (
    <Dialog title={title} actions={<>
      <Button kind="primary" icon={copied ? 'check' : 'copy'} onClick={press}>{t('copy.title')}</Button>
      <Button onClick={onDone}>{t('secret.done')}</Button>
    </>}>
      <Notice kind="warn" title={t('secret.once')} />
      {children}
      <Field label={label}>
        {(p) => <textarea {...p} class="secret" readOnly rows={3} spellcheck={false} value={secret} onFocus={(e) => e.currentTarget.select()} />}
      </Field>
    </Dialog>
  );
}
