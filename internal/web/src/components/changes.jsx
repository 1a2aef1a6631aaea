// What an import changes or would change, field by field: from, to and how many,
// as a table with bars.
import { useState } from 'preact/hooks';
import { fieldOf } from '../core/catalogue.js';
import { kindNamed, labelOf, valueWords } from '../core/kinds.js';
import { t, num } from '../core/i18n.js';
import { Button } from './basics.jsx';
import { Icon } from './icon.jsx';
import { Example, Who } from './who.jsx';

const first = 6;

/** @param {{of?: any, heading?: any}} props */
export function Changes({ of, heading }) {
  const fields = of.fields.filter((f) => f.changes.length || (f.notCompared && of.dataType !== 'contacts'));
  return (
    <section class="changes">
      <h2 tabIndex={-1} ref={heading}>{t(of.action === 'test' ? 'changes.would' : 'changes.did')}</h2>
      <div class="change-cards">
        {fields.map((f) => <FieldChanges key={f.field} of={f} imp={of} />)}
      </div>
      {of.files.includes('changes') && <Example of={of} title={t(of.action === 'test' ? 'changes.would' : 'changes.did')} />}
    </section>
  );
}

/** @param {{of?: any, imp?: any}} props */
function FieldChanges({ of, imp }) {
  const [who, setWho] = useState(null);
  const [whole, setWhole] = useState(false);
  const def = fieldOf(of.field);
  const label = def ? labelOf(def) : of.label;
  const sum = of.changes.reduce((n, c) => n + c.count, 0);
  const most = Math.max(...of.changes.map((c) => c.count));
  const shown = whole ? of.changes : of.changes.slice(0, first);
  const { group } = kindNamed(def?.kind || of.kind);
  const word = (v, before) => (v === '(other)' ? t('value.other') : group && v === group && v === before ? t(`value.${group.slice(1, -1)}.another`) : valueWords(def || { kind: of.kind, values: [] }, v));
  return (
    <div class="change-card">
      <h3>{label}{def?.room !== 'contact' && <> <code>{of.field}</code></>}</h3>
      {sum > 0 && <p class="hint">{t('changes.contacts', { n: sum })}</p>}
      {sum > 0 && (
        <table>
          <colgroup><col class="from" /><col class="to" /><col /></colgroup>
          <thead class="hidden"><tr><th scope="col">{t('changes.from')}</th><th scope="col">{t('changes.to')}</th><th scope="col">{t('changes.count')}</th></tr></thead>
          <tbody>
            {shown.map((c) => (
              <tr key={`${c.from}\n${c.to}`}>
                <td class={c.from ? '' : 'empty-value'}>{word(c.from)}</td>
                <td class={c.to ? '' : 'empty-value'}><Icon name="next" class="arrow" />{word(c.to, c.from)}</td>
                <td class="number"><span class="share" style={{ width: `calc((100% - 4.5rem) * ${Math.max(0.02, c.count / most)})` }} aria-hidden="true" />{imp.files.includes('changes') && c.from !== '(other)'
                  ? <button type="button" class="bar-number as-link" aria-label={t('who.open', { n: c.count, from: word(c.from), to: word(c.to, c.from) })} onClick={() => setWho(c)}>{num(c.count)}</button>
                  : <span class="bar-number">{num(c.count)}</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {of.changes.length > first && <Button kind="quiet" aria-expanded={whole} onClick={() => setWhole(!whole)}>{whole ? t('changes.less') : t('changes.all', { n: of.changes.length })}</Button>}
      {of.notCompared > 0 && def?.room !== 'contact' && <p class="hint not-compared"><Icon name="warning" />{t('changes.notCompared', { n: of.notCompared })}</p>}
      {who && <Who of={imp} asked={{ field: of.field, from: who.from || 'Empty', to: who.to || 'Empty' }} title={`${label}: ${word(who.from)} → ${word(who.to, who.from)}`} onClose={() => setWho(null)} />}
    </div>
  );
}
