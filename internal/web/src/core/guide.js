// The guide as it stands in docs/guide, one Markdown file a language. It is read
// here, so that the help and the documents are one text.
import { loadAnew } from './anew.js';
import { Problem } from './api.js';
import { lang } from './i18n.js';

const load = {
  en: () => import('../../../../docs/guide/en.md'),
  fr: () => import('../../../../docs/guide/fr.md'),
  de: () => import('../../../../docs/guide/de.md'),
  it: () => import('../../../../docs/guide/it.md'),
  es: () => import('../../../../docs/guide/es.md'),
};

/** The guide in the language that is shown: its lead, its parts, addresses of its pictures. */
export async function guide() {
  try {
    const { text, pictures } = await load[lang.value]();
    const [head, ...parts] = text.split(/^<a id="/m);
    return {
      lead: head.trim().split(/\n{2,}/).slice(1).join(' '),
      pictures,
      parts: parts.map((part) => {
        const [, id, title, body] = part.match(/^(\w+)"><\/a>\n## (.+)\n([^]*)$/);
        return { id, title, blocks: body.trim().split(/\n{2,}/) };
      }),
    };
  } catch {
    if (await loadAnew()) return new Promise(() => {});
    throw new Problem(0, { code: 'offline' });
  }
}

/**
 * A sentence in pieces: plain text, or {strong}, {code} or {text, href}.
 * @returns {any[]}
 */
export function inline(sentence) {
  const pieces = [];
  let at = 0;
  for (const m of sentence.matchAll(/\*\*(.+?)\*\*|`(.+?)`|\[([^\]]+)\]\((.+?)\)/g)) {
    if (m.index > at) pieces.push(sentence.slice(at, m.index));
    pieces.push(m[1] ? { strong: m[1] } : m[2] ? { code: m[2] } : { text: m[3], href: m[4] });
    at = m.index + m[0].length;
  }
  if (at < sentence.length) pieces.push(sentence.slice(at));
  return pieces;
}

/** The cells of a row of a table. */
export const cells = (row) => row.split(/(?<!\\)\|/).slice(1, -1).map((c) => c.trim().replaceAll('\\|', '|'));
