// Codes that are copied with one press.
import { useState } from 'preact/hooks';
import { Icon } from './icon.jsx';
import { t } from '../core/i18n.js';
import { announce } from '../core/announce.js';

export async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without the permission, as a selection of old.
    const area = document.createElement('textarea');
    area.value = text;
    area.setAttribute('readonly', '');
    area.className = 'hidden';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  announce(said, { shown: true });
}

/**
 * A code with a button that copies it.
 * @param {{code?: any, label?: any}} props
 */
export function Code({ code, label }) {
  const [copied, setCopied] = useState(false);
  const press = async () => {
    await copy(code, t('copy.done', { code }));
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" class="code" onClick={press} aria-label={t('copy.code', { code, label: label || code })} title={t('copy.title')}>
      <code>{code}</code><Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
}
