// Links to files: the signed address is made when it is asked for.
import { useState } from 'preact/hooks';
import { Button } from './basics.jsx';
import { announce } from '../core/announce.js';
import { words } from '../core/api.js';
import { t } from '../core/i18n.js';
import { openDownload } from '../core/files.js';
import { exports } from '../core/user.js';

/** The files of an import that the user may fetch: [name, its word]. An undo's own file is the undo file of what it undoes. */
export const filesOf = (i) => ['errors', 'errors.xlsx', 'changes', 'undo', 'corrected', 'original'].filter((n) => exports() && i.files.includes(n))
  .map((n) => [n, t(i.ofKind !== 'undo' || n.startsWith('errors') || n === 'changes' || n === 'corrected' ? `file.${n.replace('.xlsx', 'Book')}` : n === 'undo' ? 'file.redo' : 'file.undo')]);

/**
 * A button that fetches a file. ask() resolves to {url}.
 * @param {Record<string, any>} props
 */
export function Download({ ask, children, kind = '', icon = 'download', ...rest }) {
  const [busy, setBusy] = useState(false);
  const press = async () => {
    setBusy(true);
    try {
      openDownload((await ask()).url);
      announce(t('download.started'));
    } catch (e) {
      announce(words(e), { shown: true });
    }
    setBusy(false);
  };
  return <Button kind={kind} icon={icon} busy={busy} onClick={press} {...rest}>{children}</Button>;
}
