// Sends a file to the address the API gave, as a form, telling how far it is.

/**
 * Resolves when the file is there. onProgress gets a share of 1. Rejects with
 * an Error whose code is 'uploadFailed', 'uploadTooLarge' or, after abort(),
 * 'uploadStopped'.
 */
export function upload(form, file, onProgress) {
  const x = new XMLHttpRequest();
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append('file', file); // last: what follows the file is ignored
  /** @type {Promise<void>} */
  const done = new Promise((resolve, reject) => {
    const fail = (code) => reject(Object.assign(new Error(code), { code }));
    x.upload.onprogress = (e) => { if (e.lengthComputable) onProgress(e.loaded / e.total); };
    x.onload = () => {
      if (x.status >= 200 && x.status < 300) resolve();
      else fail(/EntityTooLarge/.test(x.responseText) ? 'uploadTooLarge' : 'uploadFailed');
    };
    x.onerror = () => fail('uploadFailed');
    x.onabort = () => fail('uploadStopped');
    x.open('POST', form.url);
    x.send(body);
  });
  return { done, abort: () => x.abort() };
}
