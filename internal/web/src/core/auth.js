// Sign-in by the user pool's hosted page: authorization code with PKCE. Tokens
// are in the memory of the tabs of one browser: a new tab asks those that are open,
// and who renews them tells the others. A session that ends is renewed in a window
// beside the page, so that nothing typed and no chosen file is lost.
import { signal } from '@preact/signals';
import { config } from './config.js';
import { replace } from './router.js';

const kept = 'rollbook.session';
const pending = 'rollbook.signin.';
const channelName = 'rollbook.signin';

/** 'out', 'in', or 'ended': was in, and has to sign in again. */
export const session = signal('out');

/** Why the last sign-in failed: '', 'refused' or 'failed'. */
export const signInFault = signal('');

let tokens = read();
let refreshing = null;
if (tokens) session.value = 'in';

function read() {
  try { return JSON.parse(sessionStorage.getItem(kept)); } catch { return null; }
}

function keep(t) {
  tokens = t;
  try {
    if (t) sessionStorage.setItem(kept, JSON.stringify(t));
    else sessionStorage.removeItem(kept);
  } catch { /* then for this page only */ }
}

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const random = (n) => base64url(crypto.getRandomValues(new Uint8Array(n)));
const redirectUri = () => `${location.origin}/`;

// The client of the session: the user pool's own sign-in and an institution's have
// one each, and a token names its own.
const clientOf = (c, t) => claims(t).aud || c.clientId;

async function authorizeUrl({ window: inWindow = false, language = '', provider = '' } = {}) {
  const c = await config();
  const client = provider ? c.federated.clientId : c.clientId;
  const state = (inWindow ? 'w' : 'p') + random(16);
  const verifier = random(48);
  // localStorage, because the window beside the page has its own sessionStorage.
  localStorage.setItem(pending + state, JSON.stringify({ verifier, client, hash: location.hash, at: Date.now() }));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const q = new URLSearchParams({
    response_type: 'code', client_id: client, redirect_uri: redirectUri(), scope: 'openid email profile',
    state, code_challenge: base64url(new Uint8Array(digest)), code_challenge_method: 'S256',
  });
  if (provider) q.set('identity_provider', provider);
  if (language) q.set('lang', language);
  return `${c.signInUrl}/oauth2/authorize?${q}`;
}

/**
 * Leaves the page for the sign-in page, or that of the provider, which leads back
 * to the same place. Without a provider it is where the session came from.
 */
export async function signIn(language, provider) {
  location.assign(await authorizeUrl({ language, provider: provider ?? await providerOf(tokens) }));
}

// The provider that the session came from, '' for the user pool itself.
async function providerOf(t) {
  const { federated } = await config();
  return federated && claims(t).aud === federated.clientId ? federated.provider : '';
}

/**
 * Opens the sign-in page that the session came from in a window beside this one. Must be called from a
 * click. Resolves to false when the browser does not allow windows.
 */
export async function signInBeside(language) {
  const w = window.open('about:blank', 'rollbook-signin', 'popup,width=520,height=720');
  if (!w) return false;
  try {
    w.location.replace(await authorizeUrl({ window: true, language, provider: await providerOf(tokens) }));
  } catch (e) { w.close(); throw e; }
  return true;
}

/**
 * Finishes a sign-in that this address carries. Resolves to 'none' when it
 * carries none, 'page' when the page may go on, 'window' when this is the
 * window beside another page, which then has the session.
 */
export async function completeSignIn() {
  const q = new URLSearchParams(location.search);
  const state = q.get('state') || '';
  if (!state || !(q.has('code') || q.has('error'))) return 'none';
  const stored = localStorage.getItem(pending + state);
  localStorage.removeItem(pending + state);
  forgetOldStates();
  const asked = stored ? JSON.parse(stored) : null;
  replace(`/${asked?.hash || ''}`);
  if (!asked || q.has('error')) {
    signInFault.value = q.has('error') ? 'refused' : 'failed';
    return 'page';
  }
  try {
    keep(await exchange({ grant_type: 'authorization_code', code: q.get('code'), redirect_uri: redirectUri(), code_verifier: asked.verifier, client_id: asked.client }));
  } catch {
    signInFault.value = 'failed';
    return 'page';
  }
  if (state.startsWith('w')) {
    const c = new BroadcastChannel(channelName);
    c.postMessage(tokens);
    c.close();
    return 'window';
  }
  session.value = 'in';
  return 'page';
}

// Sign-ins that were begun and left.
function forgetOldStates() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(pending)) continue;
    try {
      if (Date.now() - JSON.parse(localStorage.getItem(key)).at > 3600e3) localStorage.removeItem(key);
    } catch { localStorage.removeItem(key); }
  }
}

// What tabs tell each other: tokens, after a sign-in or a renewal; asks, of a new
// tab; over, when somebody signed out everywhere.
const beside = new BroadcastChannel(channelName);
beside.onmessage = ({ data }) => {
  if (data.asks) {
    if (tokens && session.value === 'in') beside.postMessage({ ...tokens, to: data.asks });
    return;
  }
  if (data.over) {
    if (claims(tokens).sub === data.over) end();
    return;
  }
  const mine = data.to === undefined || data.to === me;
  if (!data.idToken || !mine) return;
  const { to: _, ...now } = data;
  // Another tab of another user must not be taken over, and a tab where nobody is
  // signed in takes only what it has asked for.
  if (session.value === 'out' ? data.to !== me : !sameUser(now, tokens)) return;
  if (tokens && tokens.until > now.until) return;
  keep(now);
  session.value = 'in';
};
const me = random(8);

/** Takes over the session of another tab of this browser, if there is one. */
export function joinSession() {
  if (!tokens) beside.postMessage({ asks: me });
}

const claims = (t) => {
  try { return JSON.parse(atob(t.idToken.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))); } catch { return {}; }
};

const sameUser = (a, b) => !b || claims(a).sub === claims(b).sub;

/** The groups of the token. What they allow is the API's to say. */
export const groups = () => claims(tokens)['cognito:groups'] || [];

async function exchange(form) {
  const c = await config();
  const r = await fetch(`${c.signInUrl}/oauth2/token`, {
    method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form),
  });
  if (!r.ok) throw Object.assign(new Error('token'), { refused: r.status >= 400 && r.status < 500 });
  const a = await r.json();
  return { idToken: a.id_token, refreshToken: a.refresh_token || form.refresh_token, until: Date.now() + a.expires_in * 1000 };
}

/** A token for the API, renewed in time; null when the session has ended. */
export async function token() {
  if (!tokens) return null;
  if (tokens.until - Date.now() > 60e3) return tokens.idToken;
  return renew();
}

/** Renews the token now; null when the session has ended. */
export function renew() {
  if (!tokens?.refreshToken) { end(); return Promise.resolve(null); }
  const old = tokens.refreshToken;
  // A refresh token is good once: one tab uses it, and the others get what it got.
  refreshing ||= alone(async () => {
    if (tokens && tokens.refreshToken !== old) return tokens;
    const t = await exchange({ grant_type: 'refresh_token', refresh_token: old, client_id: clientOf(await config(), tokens) });
    keep(t);
    beside.postMessage(t);
    await settled();
    return t;
  })
    .then((t) => t.idToken)
    .catch((e) => {
      if (!e.refused) throw e; // away, not over
      end();
      return null;
    })
    .finally(() => { refreshing = null; });
  return refreshing;
}

const alone = (f) => (navigator.locks ? navigator.locks.request('rollbook.renewal', f) : f());

// Gives the other tabs time to take what they were told, before they may ask.
const settled = () => new Promise((done) => { setTimeout(done, 50); });

const endAtApi = async (t) => t && fetch('/api/me/sign-out', { method: 'POST', headers: { Authorization: `Bearer ${t.idToken}` } });

async function revoke(t) {
  if (!t?.refreshToken) return;
  const c = await config();
  await fetch(`${c.signInUrl}/oauth2/revoke`, {
    method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_id: clientOf(c, t), token: t.refreshToken }),
  });
}

function end() {
  if (session.value === 'in') session.value = 'ended';
}

/** Ends the session: at the API, at the user pool, and here. */
export async function signOut() {
  const old = tokens;
  if (claims(old).sub) beside.postMessage({ over: claims(old).sub });
  await Promise.allSettled([endAtApi(old), revoke(old)]);
  keep(null);
  for (const key of Object.keys(sessionStorage)) if (key.startsWith('rollbook.')) sessionStorage.removeItem(key);
  session.value = 'out';
  const c = await config();
  location.assign(`${c.signInUrl}/logout?${new URLSearchParams({ client_id: clientOf(c, old), logout_uri: redirectUri() })}`);
}
