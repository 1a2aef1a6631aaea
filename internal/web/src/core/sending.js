// Files on their way to the uploads bucket. They go on while the user looks at
// other views; the page asks before it is left.
import { signal } from '@preact/signals';
import { imports } from './api.js';
import { upload } from './upload.js';

/** By import id: {share, error, file, form}. Gone when the file is there. */
export const sending = signal({});

/** The imports whose files were sent from here and that were not seen at their end yet. */
export const sent = new Set();

/** A file chosen or dropped before the form was there. */
export const chosen = signal(null);

const set = (id, change) => {
  const next = { ...sending.value };
  if (change) next[id] = { ...next[id], ...change };
  else delete next[id];
  sending.value = next;
};

window.addEventListener('beforeunload', (e) => {
  if (Object.values(sending.value).some((s) => !s.error)) e.preventDefault();
});

/**
 * Announces the file and starts sending it. Resolves to the import's id as soon
 * as the API knows of it. request.key names the request, so that trying again
 * makes no second import.
 */
export async function send(file, body, key) {
  const made = await imports.create({ ...body, fileName: file.name }, key);
  sent.add(made.id);
  if (made.upload) transmit(made.id, file, made.upload);
  return made.id;
}

function transmit(id, file, form) {
  const u = upload(form, file, (share) => set(id, { share }));
  set(id, { share: 0, error: null, file, form, abort: u.abort });
  u.done.then(() => {
    set(id, null);
    imports.uploaded(id).catch(() => {}); // without this it starts some seconds later
  }, (e) => { if (sending.value[id]) set(id, { error: e.code }); });
}

/** Sends again after a failure. */
export function sendAgain(id) {
  const { file, form } = sending.value[id];
  transmit(id, file, form);
}

/** Stops sending and cancels the import. */
export async function stopSending(id) {
  const s = sending.value[id];
  set(id, null);
  s?.abort();
  return imports.cancel(id);
}
