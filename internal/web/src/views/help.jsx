// The guide for those who change contacts, in their language.
import { useEffect } from 'preact/hooks';
import { cells, guide, inline } from '../core/guide.js';
import { t } from '../core/i18n.js';
import { useLoad } from '../core/load.js';
import { to } from '../core/router.js';
import { Loaded, Page } from '../components/basics.jsx';

/** @param {{children?: any}} props */
function Text({ children }) {
  return inline(children).map((piece, i) => {
    if (piece.strong) return <strong key={i}>{piece.strong}</strong>;
    if (piece.code) return <span key={i} class="cell-value">{piece.code}</span>;
    if (piece.href) return <a key={i} href={to('help', piece.href.slice(1))}>{piece.text}</a>;
    return piece;
  });
}

/** @param {{text?: any, pictures?: any, title?: any}} props */
function Block({ text, pictures, title }) {
  const picture = text.match(/^!\[(.+)\]\((.+)\)$/);
  const lines = text.split('\n');
  if (picture) return <img src={pictures[picture[2]]} alt={picture[1]} width="960" height="600" loading="lazy" />;
  if (text.startsWith('|')) {
    const [head, , ...rows] = lines.map(cells);
    return (
      <div class="preview" role="region" aria-label={title} tabIndex={0}>
        <table>
          <thead><tr>{head.map((h) => <th key={h} scope="col"><Text>{h}</Text></th>)}</tr></thead>
          <tbody>{rows.map((r, n) => <tr key={n}>{r.map((c, i) => <td key={i}><Text>{c}</Text></td>)}</tr>)}</tbody>
        </table>
      </div>
    );
  }
  if (text.startsWith('- ')) return <ul>{lines.map((l) => <li key={l}><Text>{l.slice(2)}</Text></li>)}</ul>;
  if (text.startsWith('1. ')) return <ol>{lines.map((l) => <li key={l}><Text>{l.replace(/^\d+\. /, '')}</Text></li>)}</ol>;
  return <p><Text>{text}</Text></p>;
}

/** @param {{part?: any}} props */
export function Help({ part }) {
  const loaded = useLoad(guide, []);
  // Who asked on a page begins to read at what is about it.
  useEffect(() => {
    const heading = part && document.getElementById(`help-${part}`);
    if (heading) { heading.scrollIntoView({ block: 'start' }); heading.focus({ preventScroll: true }); }
  }, [part, Boolean(loaded.data)]);
  return (
    <Page title={t('help.title')} lead={loaded.data?.lead}>
      <Loaded of={loaded}>
        {({ parts, pictures }) => (
          <div class="help">
            <nav class="help-parts" aria-label={t('help.title')}>
              <ul>{parts.map((p) => <li key={p.id}><a href={to('help', p.id)} aria-current={p.id === part ? 'true' : undefined}>{p.title}</a></li>)}</ul>
            </nav>
            <div class="help-text">
              {parts.map((p) => (
                <section key={p.id}>
                  <h2 id={`help-${p.id}`} tabIndex={-1}>{p.title}</h2>
                  {p.blocks.map((b, i) => <Block key={i} text={b} pictures={pictures} title={`${p.title} ${i}`} />)}
                </section>
              ))}
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}
