// The Import screen: it signs in, and shows the view that the address names.
import { render } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { announce, announcement } from './core/announce.js';
import { chooseLanguage, me } from './core/api.js';
import { completeSignIn, groups, joinSession, session, signIn, signInBeside, signInFault, signOut } from './core/auth.js';
import { config } from './core/config.js';
import { firstLanguage, keptLanguage, lang, languages, setLanguage, t } from './core/i18n.js';
import { firstTheme, setTheme, theme } from './core/prefs.js';
import { route, to } from './core/router.js';
import { may, user } from './core/user.js';
import { Button, ButtonLink, Empty, Failure, Notice, Page, Skeleton } from './components/basics.jsx';
import { Dialog } from './components/dialog.jsx';
import { Icon } from './components/icon.jsx';
import { Imports } from './views/imports.jsx';
import { administration } from './components/administration.jsx';
import { Lazy, fetchAhead } from './components/lazy.jsx';

const lazy = {
  import: () => import('./views/import.jsx'),
  new: () => import('./views/new.jsx'),
  templates: () => import('./views/templates.jsx'),
  values: () => import('./views/values.jsx'),
  targets: () => import('./views/targets.jsx'),
  contacts: () => import('./views/contacts.jsx'),
  catalogue: () => import('./views/catalogue.jsx'),
  settings: () => import('./views/settings.jsx'),
  set: () => import('./views/set.jsx'),
  audit: () => import('./views/audit.jsx'),
  users: () => import('./views/users.jsx'),
  machines: () => import('./views/machines.jsx'),
  match: () => import('./views/match.jsx'),
  help: () => import('./views/help.jsx'),
};

function View() {
  const { parts: [room = 'imports', id, sub], query } = route.value;
  switch (room) {
    case 'imports':
      if (sub === 'columns') return may('operator') ? <Lazy key={`columns ${id}`} load={lazy.match} view="Match" id={id} /> : <NotAllowed />;
      return id ? <Lazy key={id} load={lazy.import} view="Import" id={id} /> : <Imports key="imports" />;
    case 'new': return may('operator') ? <Lazy key="new" load={lazy.new} view="New" /> : <NotAllowed />;
    case 'templates':
      if (id === 'new') return may('operator') ? <Lazy key="template" load={lazy.templates} view="NewTemplate" /> : <NotAllowed />;
      return <Lazy key={`templates ${id}`} load={lazy.templates} view="Templates" id={id} />;
    case 'help': return <Lazy key="help" load={lazy.help} view="Help" part={id} />;
    case 'values': return <Lazy key="values" load={lazy.values} view="Values" />;
    case 'targets':
      if (sub === 'set') return may('operator') ? <Lazy key={`set ${id}`} load={lazy.set} view="SetValues" id={id} /> : <NotAllowed />;
      return id
        ? <Lazy key={`target ${id} ${query.get('copy')}`} load={lazy.targets} view="Target" id={id} copyOf={query.get('copy')} />
        : <Lazy key="targets" load={lazy.targets} view="Targets" />;
    case 'contacts':
      if (id === 'new') return may('operator') ? <Lazy key="new contact" load={lazy.contacts} view="NewContact" /> : <NotAllowed />;
      if (id === 'deleted') return may('operator') ? <Lazy key="deleted" load={lazy.contacts} view="Deleted" /> : <NotAllowed />;
      return id
        ? <Lazy key={`contact ${id} ${sub}`} load={lazy.contacts} view="Contact" number={id} editing={sub === 'edit'} />
        : <Lazy key="contacts" load={lazy.contacts} view="Contacts" asked={query.get('q')} />;
    case 'catalogue':
      if (!may('admin')) return <NotAllowed />;
      return id
        ? <Lazy key={`catalogue ${id} ${sub}`} load={lazy.catalogue} view="CatalogueField" room={id === 'authorisations' ? 'authorisation' : 'criterion'} code={sub} />
        : <Lazy key="catalogue" load={lazy.catalogue} view="Catalogue" />;
    case 'audit': return may('admin') ? <Lazy key={`audit ${query.get('who')}`} load={lazy.audit} view="Audit" asked={query.get('who')} /> : <NotAllowed />;
    case 'settings': return may('admin') ? <Lazy key="settings" load={lazy.settings} view="Settings" /> : <NotAllowed />;
    case 'users': return may('admin') ? <Lazy key="users" load={lazy.users} view="Users" /> : <NotAllowed />;
    case 'keys': return may('admin') ? <Lazy key="keys" load={lazy.machines} view="Keys" /> : <NotAllowed />;
    case 'webhooks': return may('admin') ? <Lazy key="webhooks" load={lazy.machines} view="Webhooks" /> : <NotAllowed />;
    default:
      return <Page key="nothing" title={t('nowhere.title')}><Empty icon="search" title={t('nowhere.text')} actions={<ButtonLink href={to('imports')}>{t('imports.title')}</ButtonLink>} /></Page>;
  }
}

function NotAllowed() {
  return <Page title={t('notAllowed.title')}><Empty icon="stop" title={t('notAllowed.text')} actions={<ButtonLink href={to('imports')}>{t('imports.title')}</ButtonLink>} /></Page>;
}

/**
 * The part of the help that is about what is shown.
 * @param {string[]} parts
 */
function helpOf(parts) {
  const [room = 'imports', id, sub] = parts;
  if (room === 'help') return id;
  if (room === 'imports' && id) return sub ? 'lists' : 'mend';
  if (room === 'targets' && sub === 'set') return 'set';
  if (room === 'contacts') return id === 'deleted' ? 'undo' : 'who';
  return { imports: 'first', new: 'test', templates: 'templates', targets: 'targets', values: 'values', catalogue: 'values', settings: 'institution', users: 'institution', keys: 'institution', webhooks: 'institution', audit: 'institution' }[room] || 'lists';
}

function Shell() {
  const [open, setOpen] = useState(false);
  const here = route.value.parts[0] || 'imports';
  const places = [
    ['imports', t('imports.title'), here === 'new'],
    ['templates', t('templates.title')],
    ['values', t('nav.values')],
    ['targets', t('targets.title')],
    ['contacts', t('contacts.title')],
    ...(may('admin') ? [['catalogue', t('catalogue.title')]] : []),
  ];
  useEffect(() => setOpen(false), [route.value]);
  useEffect(() => fetchAhead([lazy.import, lazy.new, lazy.templates]), []);
  const skip = () => /** @type {HTMLElement} */ (document.querySelector('main h1'))?.focus();
  return (
    <>
      <button type="button" class="skip" onClick={skip}>{t('nav.skip')}</button>
      <header class="bar">
        <a class="brand" href={to('imports')}><Logo /><span class="brand-name">Rollbook</span><span class="brand-institution">{user.value.institution.name}</span></a>
        <Button kind="quiet menu-button" icon={open ? 'close' : 'menu'} aria-expanded={open} aria-controls="menu" onClick={() => setOpen(!open)}>{t('nav.menu')}</Button>
        <div class={`bar-menu ${open ? 'open' : ''}`} id="menu">
          <nav aria-label={t('nav.label')}>
            <ul>
              {places.map(([place, name, also]) => (
                <li key={place}><a href={to(place)} aria-current={here === place || also ? 'page' : undefined}>{name}</a></li>
              ))}
            </ul>
          </nav>
          <a class="button quiet help-link" href={to(...['help', helpOf(route.value.parts)].filter(Boolean))} title={t('nav.help')}><Icon name="help" /><span class="help-word">{t('nav.help')}</span></a>
          <Account />
        </div>
      </header>
      <main><View /></main>
    </>
  );
}

function Account() {
  const box = useRef(null);
  useEffect(() => {
    const close = (e) => { if (box.current?.open && !box.current.contains(e.target)) box.current.open = false; };
    const escape = (e) => { if (e.key === 'Escape' && box.current?.open) { box.current.open = false; box.current.querySelector('summary').focus(); } };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', escape);
    return () => { document.removeEventListener('pointerdown', close); document.removeEventListener('keydown', escape); };
  }, []);
  return (
    <details class="account" ref={box}>
      <summary aria-label={t('nav.account', { email: user.value.email })}><Icon name="person" /><span class="account-name">{(user.value.email || user.value.user).split('@')[0]}</span></summary>
      <div class="account-box">
        <p class="account-who">{user.value.email}<span class="hint block">{user.value.groups.map((g) => t(`group.${g}`)).join(', ')}</span></p>
        <Preferences />
        {may('admin') && (
          <ul class="account-links" onClick={() => { box.current.open = false; }}>
            {administration().map(([place, name, icon]) => <li key={place}><ButtonLink kind="quiet" icon={icon} href={to(place)}>{name}</ButtonLink></li>)}
          </ul>
        )}
        <Button icon="back" onClick={signOut}>{t('nav.signOut')}</Button>
        <p class="hint">Rollbook {user.value.version}</p>
      </div>
    </details>
  );
}

// A language is chosen for the browser, and for the user who is signed in: then
// mails and messages follow it, and it is there at the next sign-in anywhere.
async function choose(language) {
  await setLanguage(language, true);
  if (!user.value) return;
  try {
    user.value = await chooseLanguage(language);
  } catch {
    announce(t('nav.language.notKept'), { shown: true });
  }
}

// What the user chose goes before what this browser remembers; what was chosen
// here before anybody signed in becomes the user's.
async function follow(me) {
  const kept = keptLanguage();
  if (me.chosen && me.language !== lang.value) await setLanguage(me.language, true);
  if (!me.chosen && kept) return chooseLanguage(kept).catch(() => me);
  return me;
}

function Preferences() {
  const languageId = useId();
  const themeId = useId();
  return (
    <div class="preferences">
      <div class="field"><label for={languageId}>{t('nav.language')}</label>
        <select id={languageId} value={lang.value} onChange={(e) => choose(e.currentTarget.value)}>
          {Object.entries(languages).map(([l, name]) => <option key={l} value={l} lang={l}>{name}</option>)}
        </select>
      </div>
      <div class="field"><label for={themeId}>{t('nav.theme')}</label>
        <select id={themeId} value={theme.value} onChange={(e) => setTheme(e.currentTarget.value)}>
          {['auto', 'light', 'dark'].map((x) => <option key={x} value={x}>{t(`theme.${x}`)}</option>)}
        </select>
      </div>
    </div>
  );
}

const Logo = () => (
  <svg class="logo" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" /><path d="M9 9h10.5a4.5 4.5 0 0 1 0 9H9M9 9v15m7-6 6 6" /></svg>
);

function Landing() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const [federated, setFederated] = useState(null);
  useEffect(() => {
    document.title = 'Rollbook';
    config().then((c) => setFederated(c.federated), () => {}); // pressing says what is wrong
  }, []);
  const enter = async (provider) => {
    setBusy(true);
    setError(null);
    try { await signIn(lang.value, provider); } catch (e) { setError(e); setBusy(false); }
  };
  return (
    <main class="landing">
      <div class="landing-card">
        <Logo />
        <h1>Rollbook</h1>
        <p class="lead">{t('landing.lead')}</p>
        {route.value.parts.length > 0 && <p class="hint">{t('landing.goesOn')}</p>}
        {signInFault.value && <Notice kind="bad" live title={t(`landing.${signInFault.value}`)} />}
        {error && <Notice kind="bad" live title={t('problem.offline')} />}
        <Button kind="primary big" icon="person" busy={busy} onClick={() => enter('')}>{t('landing.signIn')}</Button>
        {federated && <Button kind="big" icon="person" busy={busy} onClick={() => enter(federated.provider)}>{t('landing.signInBy', { provider: federated.provider })}</Button>}
        <Preferences />
      </div>
      <ol class="landing-steps">
        {[1, 2, 3].map((n) => <li key={n}><span class="part-number" aria-hidden="true">{n}</span><span>{t(`landing.step${n}`)}</span></li>)}
      </ol>
    </main>
  );
}

function SessionEnded() {
  const [blocked, setBlocked] = useState(false);
  const again = async () => {
    const opened = await signInBeside(lang.value).catch(() => false);
    setBlocked(!opened);
  };
  return (
    <Dialog title={t('session.ended')} actions={<>
      <Button kind="primary" icon="person" onClick={again}>{t('session.again')}</Button>
      {blocked && <Button onClick={() => signIn(lang.value)}>{t('session.here')}</Button>}
    </>}>
      <p>{t('session.kept')}</p>
      {blocked && <p>{t('session.blocked')}</p>}
    </Dialog>
  );
}

function Announcer() {
  const { text, shown, id } = announcement.value;
  return <div class={`announcer ${shown ? 'shown' : ''}`} role="status" aria-live="polite"><span key={id}>{text}</span></div>;
}

function App() {
  const [error, setError] = useState(null);
  const load = () => {
    setError(null);
    me().then(follow).then((u) => { user.value = u; }, (e) => { if (e.status !== 401) setError(e); });
  };
  useEffect(() => { if (session.value === 'in' && !user.value) load(); }, [session.value]);
  if (session.value === 'out' || (session.value === 'ended' && !user.value)) return <><Landing /><Announcer /></>;
  return (
    <>
      {user.value ? <Shell /> : <Before error={error} load={load} />}
      {session.value === 'ended' && <SessionEnded />}
      <Announcer />
    </>
  );
}

// What is shown until the API knows the user: an administrator of an institution
// that is not set up yet may do that.
/** @param {{error?: any, load?: any}} props */
function Before({ error, load }) {
  if (error?.code === 'institutionMissing' && groups().includes('admin')) {
    return <Lazy load={lazy.settings} view="Setup" language={lang.value} onDone={load} />;
  }
  return (
    <main class="landing">
      {error
        ? <div class="landing-card"><h1>Rollbook</h1><Failure error={error} onRetry={load} /><Button icon="back" onClick={signOut}>{t('nav.signOut')}</Button></div>
        : <Skeleton rows={4} />}
    </main>
  );
}

async function start() {
  setTheme(firstTheme(), false);
  const [, signedIn] = await Promise.all([setLanguage(firstLanguage()), completeSignIn()]);
  if (signedIn === 'none') joinSession();
  const root = document.getElementById('app');
  if (signedIn === 'window') {
    window.close();
    render(<main class="landing"><div class="landing-card"><Logo /><h1>{t('session.done')}</h1><p class="lead">{t('session.close')}</p></div></main>, root);
    return;
  }
  render(<App />, root);
  performance.mark('rollbook.ready');
}

start();
