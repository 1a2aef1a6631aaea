// How many contacts a condition matches, live, with a few of them.
import { useEffect, useState } from 'preact/hooks';
import { targets, words } from '../core/api.js';
import { t } from '../core/i18n.js';
import { useLoad } from '../core/load.js';
import { useStill } from '../core/when.js';
import { to } from '../core/router.js';
import { Icon } from './icon.jsx';
import { Address } from './basics.jsx';

/**
 * sample: whether to show a few contacts. whenWrong gets the faults of the condition.
 * @param {{condition?: any, sample?: any, whenWrong?: any}} props
 */
export function Count({ condition, sample, whenWrong }) {
  const asked = useStill(JSON.stringify(condition), 400);
  const load = useLoad((o) => targets.preview(JSON.parse(asked), o), [asked]);
  const [shown, setShown] = useState(null);
  useEffect(() => { if (load.data) setShown(load.data); }, [load.data]);
  useEffect(() => { if (!load.loading) whenWrong?.(load.error); }, [load.error, load.loading]);
  return (
    <div class={`live-count ${load.loading ? 'busy' : ''}`}>
      <p role="status">
        <Icon name={load.error ? 'warning' : 'people'} />
        {load.error
          ? <span>{load.error.status === 422 ? t('targets.unfinished') : words(load.error)}</span>
          : shown
            ? <span>{shown.complete === false ? t('targets.atLeast', { n: shown.count }) : t('targets.count', { n: shown.count })}</span>
            : <span>{t('targets.counting')}</span>}
      </p>
      {sample && shown && !load.error && shown.sample.length > 0 && (
        <table class="sample">
          <caption>{t('targets.sample', { n: shown.sample.length })}</caption>
          <thead><tr><th scope="col">{t('contacts.number')}</th><th scope="col">{t('contacts.name')}</th><th scope="col">{t('contact.email')}</th></tr></thead>
          <tbody>
            {shown.sample.map((c) => (
              <tr key={c.number}>
                <td><a href={to('contacts', c.number)}>#{c.number}</a></td>
                <td>{[c.firstName, c.lastName].filter(Boolean).join(' ')}</td>
                <td class="any">{c.email && <Address of={c.email} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
