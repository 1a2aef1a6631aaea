// How many contacts a condition matches, live, with a few of them.
import { useEffect, useState } from 'preact/hooks';
import { targets, words } from '../core/api.js';
import { ago, t } from '../core/i18n.js';
import { useLoad } from '../core/load.js';
import { useStill } from '../core/when.js';
import { to } from '../core/router.js';
import { Icon } from './icon.jsx';
import { Address, Button } from './basics.jsx';

/**
 * How many contacts a target has, with when that was counted.
 * @param {{target?: any}} props
 */
export function TargetCount({ target }) {
  const [known, setKnown] = useState(target.counted);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const count = async () => {
    setBusy(true);
    setError(null);
    try {
      const { count: n, complete, at } = await targets.count(target.id);
      setKnown({ contacts: n, complete, at });
    } catch (e) { setError(e); }
    setBusy(false);
  };
  return (
    <p class="target-count" role="status">
      {known && <span><b>{t(known.complete ? 'targets.count' : 'targets.atLeast', { n: known.contacts })}</b> <span class="hint">{t('targets.counted', { ago: ago(known.at) })}</span></span>}
      {error && <span class="field-error">{words(error)}</span>}
      <Button kind="quiet" icon="run" busy={busy} aria-label={t('button.of', { what: t(known ? 'targets.recount' : 'targets.countNow'), of: target.name })} onClick={count}>{t(known ? 'targets.recount' : 'targets.countNow')}</Button>
    </p>
  );
}

/**
 * sample: whether to show a few contacts. whenWrong gets the faults of the condition.
 * id: of the target that has this condition, which keeps the number.
 * @param {{condition?: any, sample?: any, whenWrong?: any, id?: any}} props
 */
export function Count({ condition, sample, whenWrong, id }) {
  const asked = useStill(JSON.stringify(condition), 400);
  const load = useLoad((o) => (id ? targets.count(id, o) : targets.preview(JSON.parse(asked), o)), [asked, id]);
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
