// What the server says about sign-in, read once.
let reading;

/** Resolves to {signInUrl, clientId, …} of /config.json. */
export function config() {
  reading ||= fetch('/config.json', { headers: { Accept: 'application/json' } }).then((r) => {
    if (!r.ok) throw new Error(`config.json: ${r.status}`);
    return r.json();
  }).catch((e) => { reading = undefined; throw e; });
  return reading;
}
