// How many contacts a condition matches, live, with a few of them.
import { useEffect, useRef, useState } from 'preact/hooks';
import { targets, words } from '../core/api.js';
import { ago, t } from '../core/i18n.js';
import { useLoad } from '../core/load.js';
import { useStill } from '../core/when.js';
import { to } from '../core/router.js';
import { Icon } from './icon.jsx';
import { Address, Button } from './basics.jsx';

// Counts until all are counted: a little at first, so that a number is there soon,
// then more at a time. show gets what there is so far. Being asked too often ends it
// with that.
async function whole(part, show) {
  let all = null;
  for (let seconds = 3; ; seconds = 10) {
    try {
      const got = await part(seconds, all);
      all = { ...got, sample: [...(all?.sample || []), ...got.sample] };
    } catch (e) {
      if (all && [429, 503].includes(e.status)) return all;
      throw e;
    }
    if (all.complete) return all;
    show(all);
  }
}

// What a count says so far: at least none would say nothing.
const counted = (complete, n) => (complete ? t('targets.count', { n }) : n ? t('targets.atLeast', { n }) : t('targets.noneYet'));

const ofTarget = (id, o) => (seconds, before) => targets.count(id, { seconds, more: before ? true : undefined }, o);

/**
 * How many contacts a target has, with when that was counted.
 * @param {{target?: any}} props
 */
export function TargetCount({ target }) {
  const [known, setKnown] = useState(target.counted);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const gone = useRef(new AbortController());
  useEffect(() => () => gone.current.abort(), []);
  const count = async () => {
    const show = ({ count: n, complete, at }) => setKnown({ contacts: n, complete, at });
    setBusy(true);
    setError(null);
    try {
      show(await whole(ofTarget(target.id, { signal: gone.current.signal }), show));
    } catch (e) {
      if (e.name === 'AbortError') return;
      setError(e);
    }
    setBusy(false);
  };
  return (
    <p class="target-count" role="status">
      {known && <span><b>{counted(known.complete, known.contacts)}</b> <span class="hint">{t('targets.counted', { ago: ago(known.at) })}</span></span>}
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
  const [shown, setShown] = useState(null);
  const load = useLoad((o) => whole(id ? ofTarget(id, o) : (seconds, before) => targets.preview(JSON.parse(asked), { seconds, cursor: before?.nextCursor }, o), setShown), [asked, id]);
  useEffect(() => { if (load.data) setShown(load.data); }, [load.data]);
  useEffect(() => { if (!load.loading) whenWrong?.(load.error); }, [load.error, load.loading]);
  return (
    <div class={`live-count ${load.loading ? 'busy' : ''}`}>
      <p role="status">
        <Icon name={load.error ? 'warning' : 'people'} />
        {load.error
          ? <span>{load.error.status === 422 ? t('targets.unfinished') : words(load.error)}</span>
          : shown
            ? <span>{counted(shown.complete !== false, shown.count)}{shown.complete === false && load.loading && <span class="hint"> {t('targets.counting')}</span>}</span>
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
