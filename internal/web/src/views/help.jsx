// What Rollbook does with what comes in, and how to work with it.
import { useEffect } from 'preact/hooks';
import { longDay, num, t } from '../core/i18n.js';
import { to } from '../core/router.js';
import { Page } from '../components/basics.jsx';

const parts = ['lists', 'names', 'evidence', 'books', 'who', 'consent', 'errors', 'mend', 'templates', 'set', 'targets', 'values', 'institution', 'undo'];

/**
 * A picture of a part: a table as it stands in a file or on a page.
 * @param {{part?: any, head?: any, rows?: any}} props
 */
function Picture({ part, head, rows }) {
  const text = t(`help.${part}.picture`);
  return (
    <figure>
      <div class="preview" role="region" aria-label={text} tabIndex={0}>
        <table>
          <thead><tr>{head.map((h) => <th key={h} scope="col">{h}</th>)}</tr></thead>
          <tbody>{rows.map((r) => <tr key={r[0]}>{r.map((c, i) => <td key={head[i]}>{c}</td>)}</tr>)}</tbody>
        </table>
      </div>
      <figcaption class="hint">{text}</figcaption>
    </figure>
  );
}

const file = (s) => <span class="cell-value">{s}</span>;
const arrow = (s) => <>→ <strong>{s}</strong></>;

/** The pictures of the parts that have one. */
const pictures = {
  lists: () => ({
    head: [t('help.column'), t('help.value'), t('help.read')],
    rows: [['E-Mail-Adresse', file('mia@example.org'), arrow(t('contact.email'))], ['Mobile Phone', file('+41 79 123 45 67'), arrow(t('contact.phone'))], ['MEMBER_RATING', file('4'), arrow(t('match.leaveOut'))]],
  }),
  names: () => ({
    head: [t('help.value'), t('contact.firstName'), t('contact.lastName')],
    rows: [[file('Romy de Haas'), arrow('Romy'), arrow('de Haas')], [file('Zander, Kurt'), arrow('Kurt'), arrow('Zander')]],
  }),
  evidence: () => ({
    head: [t('help.value'), t('help.read')],
    rows: [[file('25/12/1985'), arrow(longDay('1985-12-25'))], [file('03/04/1985'), arrow(longDay('1985-04-03'))], [file('12,50'), arrow(num(12.5))], [file('1.250'), arrow(num(1250))]],
  }),
  mend: () => ({
    head: [t('conflict.old'), t('conflict.live'), t('conflict.new')],
    rows: [[file('JAZZ'), file('OPERA'), file('ROCK')]],
  }),
  templates: () => ({
    head: ['Contact', '[old] GENRE', '[new] GENRE'],
    rows: [['#0012345', file('JAZZ'), file('ROCK')], ['#0012346', file('OPERA'), '']],
  }),
};

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
              {pictures[p] && <Picture part={p} {...pictures[p]()} />}
            </section>
          ))}
        </div>
      </div>
    </Page>
  );
}
