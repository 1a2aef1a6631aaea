// What comes in, and what Rollbook does with it, for whoever prepares files.
import { t } from '../core/i18n.js';
import { to } from '../core/router.js';
import { Page } from '../components/basics.jsx';

const parts = ['lists', 'names', 'evidence', 'books', 'who', 'consent', 'errors', 'undo'];

export function Help() {
  return (
    <Page title={t('help.title')} lead={t('help.lead')} back={{ href: to('new'), text: t('new.title') }}>
      <div class="form wide">
        {parts.map((p) => (
          <section key={p} class="match-part">
            <h2>{t(`help.${p}`)}</h2>
            <p>{t(`help.${p}.text`)}</p>
          </section>
        ))}
      </div>
    </Page>
  );
}
