// Access criterion values: the internal codes that files use.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { catalogue, loadCatalogue } from '../core/catalogue.js';
import { byText, t } from '../core/i18n.js';
import { kindNamed, labelOf, labelsOf, limits } from '../core/kinds.js';
import { saveValues } from '../core/valuescsv.js';
import { may } from '../core/user.js';
import { to } from '../core/router.js';
import { Badge, Button, ButtonLink, Empty, Failure, Page, Search, Skeleton } from '../components/basics.jsx';
import { Code, copy } from '../components/copy.jsx';

const plain = (s) => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

export function Values() {
  const [q, setQ] = useState('');
  const [error, setError] = useState(null);
  const load = () => { setError(null); loadCatalogue().catch(setError); };
  useEffect(load, []);
  const fields = useMemo(() => {
    if (!catalogue.value) return null;
    const wanted = plain(q.trim());
    const hit = (...texts) => texts.some((x) => plain(x).includes(wanted));
    return catalogue.value.fields
      .map((f) => {
        if (!wanted || hit(f.code, ...labelsOf(f))) return f;
        const values = f.values.filter((v) => hit(v.code, ...labelsOf(v)));
        return values.length ? { ...f, values, part: true } : null;
      })
      .filter(Boolean)
      .sort((a, b) => (a.room === b.room ? byText(labelOf(a), labelOf(b)) : a.room === 'criterion' ? -1 : 1));
  }, [catalogue.value, q]);
  return (
    <Page title={t('values.title')} lead={t('values.lead')} actions={<>
      {may('admin') && <ButtonLink icon="edit" href={to('catalogue')}>{t('values.edit')}</ButtonLink>}
      <Button icon="download" disabled={!catalogue.value} onClick={saveValues}>{t('values.csv')}</Button>
    </>}>
      <div class="toolbar"><Search label={t('values.search')} value={q} onInput={setQ} /></div>
      {error && <Failure error={error} onRetry={load} />}
      {!fields && !error && <Skeleton rows={8} />}
      {fields && fields.length === 0 && <Empty icon="search" title={q ? t('search.nothing', { q }) : t('catalogue.empty.criterion')} />}
      <p class="hidden" role="status">{fields && q && t('values.found', { n: fields.length })}</p>
      {fields && ['criterion', 'authorisation'].map((room) => {
        const mine = fields.filter((f) => f.room === room);
        return mine.length > 0 && (
          <section key={room} class="value-room">
            <h2>{t(`room.${room}`)}</h2>
            <div class="value-cards">{mine.map((f) => <FieldCard key={f.code} of={f} />)}</div>
          </section>
        );
      })}
    </Page>
  );
}

const first = 50;

/** @param {{of?: any}} props */
function FieldCard({ of }) {
  const [whole, setWhole] = useState(false);
  const usable = of.values.filter((v) => !v.retired);
  const shown = whole ? of.values : of.values.slice(0, first);
  return (
    <article class="value-card">
      <header>
        <h3>{labelOf(of)}</h3>
        <Code code={of.code} label={labelOf(of)} />
        <Badge>{t(`kind.${of.kind}`)}</Badge>
      </header>
      {of.values.length > 0
        ? <>
          <ul class="value-list">
            {shown.map((v) => (
              <li key={v.code} class={v.retired ? 'retired' : ''}>
                <span class="value-label">{labelOf(v)}{v.retired && <Badge>{t('values.retired')}</Badge>}</span>
                <Code code={v.code} label={labelOf(v)} />
              </li>
            ))}
          </ul>
          {of.values.length > first && <Button kind="quiet" aria-expanded={whole} onClick={() => setWhole(!whole)}>{whole ? t('changes.less') : t('changes.all', { n: of.values.length })}</Button>}
          {usable.length > 1 && <Button kind="quiet" icon="copy" onClick={() => copy(usable.map((v) => v.code).join('\n'), t('copy.all.done', { n: usable.length }))}>{t('copy.all', { n: usable.length })}</Button>}
        </>
        : <p class="hint">{t(`kind.${of.kind}.takes`, { n: kindNamed(of.kind).decimals ? of.decimals || 0 : of.maxLength || limits.text })}</p>}
    </article>
  );
}
