// Why a file, a row or a cell was not taken, in the user's language. The server
// says it in English with all particulars; those stay visible beneath ours.
import { has, lang, needReasons, t } from './i18n.js';

/** {text, detail}: detail is the server's own text, when it says more. */
export function reason(of, room = 'reason') {
  // A conflict is told by its three values.
  if (of.code === 'conflict') return { text: t('reason.conflict'), detail: '' };
  needReasons();
  const key = `${room}.${of.code}`;
  if (lang.value === 'en' || !has(key)) return { text: of.message, detail: '' };
  return { text: t(key), detail: of.message };
}

/** What is wrong with the part of a request, as one text; undefined if nothing is. */
export function faultAt(error, at) {
  const fault = error?.errors?.find((e) => e.location === at);
  return fault && reason(fault).text;
}
