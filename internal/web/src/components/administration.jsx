// The places that only administrators have, and the way between them.
import { route, to } from '../core/router.js';
import { t } from '../core/i18n.js';
import { Icon } from './icon.jsx';
import { Page } from './basics.jsx';

/** [place, name, icon] of each. */
export const administration = () => [
  ['settings', t('settings.title'), 'edit'],
  ['users', t('users.title'), 'people'],
  ['keys', t('keys.title'), 'key'],
  ['webhooks', t('webhooks.title'), 'bell'],
  ['audit', t('audit.title'), 'list'],
];

/**
 * A page of the administration.
 * @param {{title?: any, lead?: any, actions?: any, children?: any}} props
 */
export function AdminPage({ children, ...page }) {
  const here = route.value.parts[0];
  return (
    <Page {...page}>
      <nav class="places" aria-label={t('admin.label')}>
        <ul>
          {administration().map(([place, name, icon]) => (
            <li key={place}><a href={to(place)} aria-current={here === place ? 'page' : undefined}><Icon name={icon} />{name}</a></li>
          ))}
        </ul>
      </nav>
      {children}
    </Page>
  );
}
