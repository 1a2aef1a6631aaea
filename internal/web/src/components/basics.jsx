// The small parts that every view is made of.
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.jsx';
import { t } from '../core/i18n.js';
import { words } from '../core/api.js';
import { exports } from '../core/user.js';

/**
 * A button. While busy it keeps the focus and does nothing.
 * @param {Record<string, any>} props
 */
export function Button({ kind = '', icon, busy, onClick, children, type = 'button', class: more = '', ...rest }) {
  return (
    <button type={type} class={`button ${kind} ${more}`} aria-disabled={busy ? 'true' : undefined}
      onClick={(e) => { if (busy) { e.preventDefault(); return; } onClick?.(e); }} {...rest}>
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

/**
 * A link that looks like a button.
 * @param {Record<string, any>} props
 */
export function ButtonLink({ kind = '', icon, children, ...rest }) {
  return (
    <a class={`button ${kind}`} {...rest}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}

// Whether a page was shown before: the first one takes no focus.
let entered = false;

/**
 * A page: its heading takes the focus when the view comes.
 * @param {{title?: any, lead?: any, back?: any, actions?: any, children?: any, tab?: any}} props
 */
export function Page({ title, lead, back, actions, children, tab }) {
  const heading = useRef(null);
  useEffect(() => { document.title = `${tab || title} · Rollbook`; }, [tab, title]);
  useLayoutEffect(() => { if (entered) heading.current?.focus({ preventScroll: true }); entered = true; window.scrollTo(0, 0); }, []);
  return (
    <div class="page">
      {back && <a class="back" href={back.href}><Icon name="back" />{back.text}</a>}
      <div class="page-head">
        <div class="page-title">
          <h1 tabIndex={-1} ref={heading}>{title}</h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

/**
 * A labelled control. children is called with the properties the control needs.
 * @param {{label?: any, hint?: any, error?: any, children?: any, optional?: any}} props
 */
export function Field({ label, hint, error, children, optional }) {
  const id = useId();
  const describedby = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  return (
    <div class={`field ${error ? 'wrong' : ''}`}>
      <label for={id}>{label}{optional && <span class="optional"> {t('form.optional')}</span>}</label>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {children({ id, 'aria-describedby': describedby, 'aria-invalid': error ? 'true' : undefined })}
      {error && <p class="field-error" id={`${id}-error`}><Icon name="error" />{error}</p>}
    </div>
  );
}

/** An e-mail address, which wraps where one would read on. */
export const Address = ({ of }) => <span class="any">{of.split(/(?<=@)|(?=\.)/).flatMap((part) => [part, <wbr />])}</span>;

/**
 * One of a few, as cards. options: [{value, label, hint, icon}]
 * @param {{legend?: any, name?: any, value?: any, options?: any, onChange?: any, hint?: any}} props
 */
export function Choices({ legend, name, value, options, onChange, hint }) {
  const id = useId();
  return (
    <fieldset class="choices" aria-describedby={hint ? id : undefined}>
      <legend>{legend}</legend>
      {hint && <p class="hint" id={id}>{hint}</p>}
      <div class="choice-cards">
        {options.map((o) => (
          <label key={o.value} class="choice-card">
            <input type="radio" name={name} value={o.value} checked={value === o.value} onChange={() => onChange(o.value)} />
            <span class="choice-text">
              <span class="choice-label">{o.label}</span>
              {o.hint && <span class="hint">{o.hint}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/**
 * Something that must be seen. kind: info, good, warn, bad.
 * @param {{kind?: any, title?: any, children?: any, actions?: any, live?: any}} props
 */
export function Notice({ kind = 'info', title, children, actions, live }) {
  const icon = { info: 'info', good: 'done', warn: 'warning', bad: 'error' }[kind];
  return (
    <div class={`notice ${kind}`} role={live ? 'alert' : undefined}>
      <Icon name={icon} />
      <div class="notice-body">
        {title && <p class="notice-title">{title}</p>}
        {children}
        {actions && <div class="actions">{actions}</div>}
      </div>
    </div>
  );
}

/**
 * A failure with what to do. What stands beside a field of the form already is
 * not said again.
 * @param {{error?: any, onRetry?: any, retry?: any, title?: any, beside?: (location: string) => any}} props
 */
export function Failure({ error, onRetry, retry, title, beside = () => false }) {
  const said = words(error);
  const faults = error.errors || [];
  return (
    <div>
      <Notice kind="bad" live title={title || t('failure.title')}
        actions={onRetry && error.status !== 404 && <Button onClick={onRetry} icon="run">{retry || t('failure.retry')}</Button>}>
        {!faults.some((e) => e.message === said) && <p>{said}</p>}
        <Faults errors={faults.filter((e) => !beside(e.location))} />
      </Notice>
    </div>
  );
}

/**
 * The parts of a request at fault.
 * @param {{errors?: any}} props
 */
function Faults({ errors }) {
  if (!errors?.length) return null;
  return (
    <ul class="faults">
      {errors.slice(0, 8).map((e) => <li key={e.location + e.message}><code>{e.location.replace(/^body\./, '')}</code> {e.message}</li>)}
    </ul>
  );
}

/**
 * Nothing there yet, and what to do about it.
 * @param {{icon?: any, title?: any, children?: any, actions?: any}} props
 */
export function Empty({ icon, title, children, actions }) {
  return (
    <div class="empty">
      <span class="empty-icon"><Icon name={icon} /></span>
      <p class="empty-title">{title}</p>
      {children && <p class="empty-text">{children}</p>}
      {actions && <div class="actions">{actions}</div>}
    </div>
  );
}

/**
 * Grey shapes where something is being loaded.
 * @param {{rows?: any}} props
 */
export function Skeleton({ rows = 6 }) {
  return (
    <div class="skeleton" role="status">
      <span class="hidden">{t('loading')}</span>
      {Array.from({ length: rows }, (_, i) => <span key={i} class="bone" aria-hidden="true" />)}
    </div>
  );
}

/**
 * What a view shows while it loads, when that failed, and when it is there.
 * @param {{of?: any, children?: any, rows?: any}} props
 */
export function Loaded({ of, children, rows }) {
  if (of.data !== undefined) return children(of.data);
  // The button goes with the failure; its focus must not.
  const retry = async () => {
    await of.reload();
    setTimeout(() => { if (document.activeElement === document.body) /** @type {HTMLElement} */ (document.querySelector('main h1'))?.focus(); });
  };
  if (of.error) return <Failure error={of.error} onRetry={retry} />;
  return <Skeleton rows={rows} />;
}

/**
 * Older and newer pages of a list, of usePages; next is the cursor of the one after. Through one of people only those page who may
 * export; others are told whom to ask.
 * @param {{of?: any, next?: any, label?: any, people?: any}} props
 */
export function Pager({ of, next, label, people }) {
  const { page, turn } = of;
  if (page === 0 && !next) return null;
  if (people && !exports()) return <p class="hint">{t('export.pages')}</p>;
  return (
    <nav class="pager" aria-label={label || t('pager.label')}>
      <Button icon="back" disabled={page === 0} onClick={() => turn(page - 1)}>{t('pager.previous')}</Button>
      <span class="pager-page" aria-current="page">{t('pager.page', { page: page + 1 })}</span>
      <Button class="after" icon="next" disabled={!next} onClick={() => turn(page + 1, next)}>{t('pager.next')}</Button>
    </nav>
  );
}

/**
 * A search field.
 * @param {{label?: any, value?: any, onInput?: any, placeholder?: any, hint?: any}} props
 */
export function Search({ label, value, onInput, placeholder, hint }) {
  const id = useId();
  return (
    <div class="search">
      <label for={id} class="hidden">{label}</label>
      <Icon name="search" />
      <input id={id} type="search" value={value} placeholder={placeholder || label} onInput={(e) => onInput(e.currentTarget.value)} autocomplete="off" spellcheck={false} />
      {hint}
    </div>
  );
}

/**
 * A word with a dot or an icon, for kinds and statuses.
 * @param {{tone?: any, icon?: any, children?: any}} props
 */
export function Badge({ tone = 'grey', icon, children }) {
  return <span class={`badge ${tone}`}>{icon && <Icon name={icon} />}{children}</span>;
}
