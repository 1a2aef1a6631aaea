// What became of the mail that tells of an import or a template.
import { t } from './i18n.js';

/**
 * What to say of it: what became of it and, where that says more, why; nothing
 * if no mail was asked for.
 * @param {{email?: string, mail: {status?: string, code?: string, reason?: string}}} of an import or a template
 * @returns {{what: string, why: string, trouble: boolean} | null}
 */
export function mailWords({ email, mail: { status, code, reason } }) {
  if (!email || (!status && !code)) return null;
  const trouble = Boolean(code) && status !== 'waiting';
  // These reasons say what the status says.
  const same = code === 'mailFailed' || code === 'mailComplained';
  return { what: t(`mail.${status || 'doubtful'}`, { email }), why: trouble && !same ? reason || '' : '', trouble };
}

/**
 * Whether the mail of an import is about to go. It is sent after the import has
 * ended; for two minutes none means none yet.
 */
export const mailComes = (i) => i.mail.status === 'sending' || Boolean(i.email && !i.mail.status && Date.now() - Date.parse(i.finishedAt) < 120e3);
