// What Rollbook does with what comes in, and how to work with it.
import { useEffect } from 'preact/hooks';
import { t } from '../core/i18n.js';
import { to } from '../core/router.js';
import { Page } from '../components/basics.jsx';

const parts = ['lists', 'names', 'evidence', 'books', 'who', 'consent', 'errors', 'mend', 'templates', 'set', 'targets', 'values', 'institution', 'undo'];

/** @param {{part?: any}} props */
export function Help({ part }) {
  // Who asked on a page begins to read at what is about it.
  useEffect(() => {
    const heading = parts.includes(part) && document.getElementById(`help-${part}`);
    if (heading) { heading.scrollIntoView({ block: 'start' }); heading.focus({ preventScroll: true }); }
  }, [part]);
  return (
    <Page title={t('help.title')} lead={t('help.lead')}>
      <div class="help">
        <nav class="help-parts" aria-label={t('help.title')}>
          <ul>{parts.map((p) => <li key={p}><a href={to('help', p)} aria-current={p === part ? 'true' : undefined}>{t(`help.${p}`)}</a></li>)}</ul>
        </nav>
        <div class="help-text">
          {parts.map((p) => (
            <section key={p}>
              <h2 id={`help-${p}`} tabIndex={-1}>{t(`help.${p}`)}</h2>
              <p>{t(`help.${p}.text`)}</p>
            </section>
          ))}
        </div>
      </div>
    </Page>
  );
}
