// Says that a form has what was typed earlier.
import { ago, t } from '../core/i18n.js';
import { Button, Notice } from './basics.jsx';

/** @param {{of?: any}} props */
export function Draft({ of }) {
  if (!of) return null;
  return <Notice title={t('draft.back', { ago: ago(new Date(of.since).toISOString()) })} actions={<Button icon="trash" onClick={of.discard}>{t('draft.discard')}</Button>} />;
}
