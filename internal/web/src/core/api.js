// The HTTP API, one function a call. Every failure is a Problem, which says in
// the user's language what is wrong.
import { token, renew } from './auth.js';
import { lang, t, has } from './i18n.js';

/** What the API answered when it did not do what was asked. */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.code || `status ${status}`);
    this.status = status;
    this.code = body.code || '';
    this.detail = body.detail || '';
    this.id = body.id || '';
    this.errors = body.errors || [];
  }
}

/** What to tell the user about a failure: the API's sentence, or ours where it did not answer. */
export function words(e) {
  if (!(e instanceof Problem)) return t('problem.internal');
  if (e.detail) return e.detail;
  return has(`problem.${e.code}`) ? t(`problem.${e.code}`) : t('problem.internal');
}

/** What is wrong with the part of a request, as one text; undefined if nothing is. */
export const faultAt = (error, at) => error?.errors?.find((e) => e.location === at)?.message;

/** A name for one request, so that sending it again does nothing twice. */
export const newKey = () => crypto.randomUUID();

/**
 * Calls the API and returns the answer's JSON. An answer with an ETag has it as
 * the property etag.
 * @param {string} method
 * @param {string} path
 * @param {{body?: any, key?: string, signal?: AbortSignal, etag?: string, fresh?: boolean, seen?: any}} options
 *   key is of a POST that may be repeated, etag goes as If-Match; seen is an earlier
 *   answer, which is returned itself if there would be the same again
 */
export async function call(method, path, { body, key, signal, etag, fresh, seen } = {}) {
  let bearer = await quietly(token);
  for (let again = true; ; again = false) {
    if (!bearer) throw new Problem(401, { code: 'unauthorised' });
    const headers = { Accept: 'application/json', 'Accept-Language': lang.value, Authorization: `Bearer ${bearer}` };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (key) headers['Idempotency-Key'] = key;
    if (etag) headers['If-Match'] = etag;
    if (fresh) headers['If-None-Match'] = '*';
    if (seen?.etag) headers['If-None-Match'] = seen.etag;
    let r;
    try {
      r = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal, cache: 'no-store' });
    } catch (e) {
      if (e.name === 'AbortError') throw e;
      throw new Problem(0, { code: 'offline' });
    }
    if (r.status === 401 && again) {
      bearer = await quietly(renew);
      continue;
    }
    if (r.status === 304) return seen;
    const answer = await r.json().catch(() => null);
    if (!r.ok) throw new Problem(r.status, answer || {});
    if (answer && r.headers.get('ETag')) Object.defineProperty(answer, 'etag', { value: r.headers.get('ETag') });
    return answer;
  }
}

async function quietly(f) {
  try { return await f(); } catch { throw new Problem(0, { code: 'offline' }); }
}

const query = (params) => {
  const q = new URLSearchParams(Object.entries(params).filter(([, v]) => v !== undefined && v !== null && v !== ''));
  return q.size ? `?${q}` : '';
};
const id = encodeURIComponent;

export const get = (path, params = {}, options = {}) => call('GET', path + query(params), options);

/** All items of a paged list. */
export async function all(path, params = {}, options = {}) {
  const items = [];
  let cursor = '';
  do {
    const page = await get(path, { limit: 200, ...params, cursor }, options);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}

export const me = () => get('/api/me');

/** Keeps the language in which the user gets messages and mails. */
export const chooseLanguage = (language) => call('PUT', '/api/me', { body: { language } });

export const settings = {
  get: (options) => get('/api/settings', {}, options),
  put: (body, etag) => call('PUT', '/api/settings', { body, etag }),
};

export const audit = {
  list: (params, options) => get('/api/audit', params, options),
  csv: async (params) => {
    const bearer = await quietly(token);
    if (!bearer) throw new Problem(401, { code: 'unauthorised' });
    const r = await fetch(`/api/audit${query({ ...params, format: 'csv' })}`, { headers: { Authorization: `Bearer ${bearer}` }, cache: 'no-store' })
      .catch(() => { throw new Problem(0, { code: 'offline' }); });
    if (!r.ok) throw new Problem(r.status, await r.json().catch(() => ({})));
    return r.text();
  },
};

export const users = {
  list: (params, options) => get('/api/users', params, options),
  invite: (body) => call('POST', '/api/users', { body }),
  put: (i, body) => call('PUT', `/api/users/${id(i)}`, { body }),
  refuse: (i) => call('POST', `/api/users/${id(i)}/disable`),
  allow: (i) => call('POST', `/api/users/${id(i)}/enable`),
};

export const usage = (options) => get('/api/usage', {}, options);

export const keys = {
  all: (options) => all('/api/keys', {}, options),
  create: (body) => call('POST', '/api/keys', { body }),
  remove: (i) => call('DELETE', `/api/keys/${id(i)}`),
};

export const webhooks = {
  all: (options) => all('/api/webhooks', {}, options),
  get: (i) => get(`/api/webhooks/${id(i)}`),
  create: (body, key) => call('POST', '/api/webhooks', { body, key }),
  test: (i) => call('POST', `/api/webhooks/${id(i)}/test`),
  remove: (i) => call('DELETE', `/api/webhooks/${id(i)}`),
};

export const imports = {
  list: (params, options) => get('/api/imports', params, options),
  get: (i, options) => get(`/api/imports/${id(i)}`, {}, options),
  create: (body, key) => call('POST', '/api/imports', { body, key }),
  put: (i, body, etag) => call('PUT', `/api/imports/${id(i)}`, { body, etag }),
  problems: (i, params, options) => get(`/api/imports/${id(i)}/problems`, params, options),
  groups: (i, params, options) => get(`/api/imports/${id(i)}/problems/groups`, params, options),
  problemLines: (i, params, options) => get(`/api/imports/${id(i)}/problems/lines`, params, options),
  problemRows: (i, params, options) => get(`/api/imports/${id(i)}/problems/rows`, params, options),
  changes: (i, body, options) => call('POST', `/api/imports/${id(i)}/changes/search`, { body, ...options }),
  rows: (i, options) => get(`/api/imports/${id(i)}/rows`, {}, options),
  draft: (i) => get(`/api/imports/${id(i)}/draft`),
  putDraft: (i, recipe, etag) => call('PUT', `/api/imports/${id(i)}/draft`, { body: recipe, etag }),
  dropDraft: (i, etag) => call('DELETE', `/api/imports/${id(i)}/draft`, { etag }),
  test: (i, recipe, key) => call('POST', `/api/imports/${id(i)}/test`, { body: recipe, key }),
  update: (i, key) => call('POST', `/api/imports/${id(i)}/update`, { key }),
  undo: (i, key) => call('POST', `/api/imports/${id(i)}/undo`, { key }),
  previewUndo: (i, key) => call('POST', `/api/imports/${id(i)}/undo?test=true`, { key }),
  uploaded: (i) => call('POST', `/api/imports/${id(i)}/uploaded`),
  resume: (i, key) => call('POST', `/api/imports/${id(i)}/resume`, { key }),
  cancel: (i) => call('POST', `/api/imports/${id(i)}/cancel`),
  file: (i, name) => get(`/api/imports/${id(i)}/files/${id(name)}`, { redirect: false }),
};

/** What was said of the columns of files with certain headers. */
export const mappings = {
  get: (i) => get(`/api/mappings/${id(i)}`),
  forget: (i, etag) => call('DELETE', `/api/mappings/${id(i)}`, { etag }),
};

export const templates = {
  list: (params, options) => get('/api/templates', params, options),
  get: (i, options) => get(`/api/templates/${id(i)}`, {}, options),
  create: (body, key) => call('POST', '/api/templates', { body, key }),
  changes: (i) => get(`/api/templates/${id(i)}/changes`),
  file: (i) => get(`/api/templates/${id(i)}/file`, { redirect: false }),
};

export const targets = {
  all: (options) => all('/api/targets', {}, options),
  get: (i) => get(`/api/targets/${id(i)}`),
  create: (body, key) => call('POST', '/api/targets', { body, key }),
  put: (i, body, etag) => call('PUT', `/api/targets/${id(i)}`, { body, etag }),
  remove: (i, etag) => call('DELETE', `/api/targets/${id(i)}`, { etag }),
  /** As far as it comes in so many seconds; with more, it goes on where the last one ended. */
  count: (i, { seconds, more }, options) => call('POST', `/api/targets/${id(i)}/count${query({ seconds, more })}`, options),
  /** Likewise; it goes on with the nextCursor of the answer before. */
  preview: (condition, { seconds, cursor }, options) => call('POST', '/api/targets/preview', { body: { condition, seconds, cursor }, ...options }),
};

export const criteria = {
  all: () => all('/api/criteria'),
  get: (code) => get(`/api/criteria/${id(code)}`),
  put: (code, body, etag) => call('PUT', `/api/criteria/${id(code)}`, { body, etag }),
  remove: (code, etag) => call('DELETE', `/api/criteria/${id(code)}`, { etag }),
};

export const authorisations = {
  all: () => all('/api/authorisations'),
  get: (code) => get(`/api/authorisations/${id(code)}`),
  put: (code, body, etag) => call('PUT', `/api/authorisations/${id(code)}`, { body, etag }),
  remove: (code, etag) => call('DELETE', `/api/authorisations/${id(code)}`, { etag }),
};

export const contacts = {
  find: (body, options) => call('POST', '/api/contacts/search', { body, ...options }),
  get: (number) => get(`/api/contacts/${id(number)}`),
  nextNumber: () => call('POST', '/api/contacts/next-number'),
  history: (number, options) => get(`/api/contacts/${id(number)}/history`, {}, options),
  remove: (number, etag) => call('DELETE', `/api/contacts/${id(number)}`, { etag }),
  /** Without the tag of what was read, only a new one. */
  put: (number, body, etag) => call('PUT', `/api/contacts/${id(number)}`, { body, etag, fresh: !etag }),
  deleted: (params, options) => get('/api/contacts/deleted', params, options),
  restore: (number) => call('POST', `/api/contacts/${id(number)}/restore`),
};
