// Files can be dropped anywhere on the page; the picker does the same.
import { useEffect, useRef, useState } from 'preact/hooks';
import { t, bytes } from '../core/i18n.js';
import { Icon } from './icon.jsx';

const hasFiles = (e) => [...(e.dataTransfer?.types || [])].includes('Files');

/**
 * Catches files dropped on the page, and shows that it would.
 * @param {{onFile?: any}} props
 */
export function DropZone({ onFile }) {
  const [over, setOver] = useState(false);
  const drop = useRef(onFile);
  drop.current = onFile;
  useEffect(() => {
    let depth = 0;
    const enter = (e) => { if (hasFiles(e)) { e.preventDefault(); depth += 1; setOver(true); } };
    const move = (e) => { if (hasFiles(e)) e.preventDefault(); };
    const leave = (e) => { if (hasFiles(e)) { depth -= 1; if (depth <= 0) { depth = 0; setOver(false); } } };
    const dropped = (e) => {
      if (!hasFiles(e)) return;
      e.preventDefault();
      depth = 0;
      setOver(false);
      if (e.dataTransfer.files[0]) drop.current(e.dataTransfer.files[0]);
    };
    const events = { dragenter: enter, dragover: move, dragleave: leave, drop: dropped };
    for (const [name, f] of Object.entries(events)) window.addEventListener(name, f);
    return () => { for (const [name, f] of Object.entries(events)) window.removeEventListener(name, f); };
  }, []);
  if (!over) return null;
  return <div class="drop-over" aria-hidden="true"><Icon name="upload" /><span>{t('drop.here')}</span></div>;
}

/**
 * A file picker that shows what was chosen.
 * @param {{id?: any, file?: any, onFile?: any, accept?: any, error?: any, describedby?: any}} props
 */
export function FilePicker({ id, file, onFile, accept, error, describedby }) {
  const input = useRef(null);
  const change = (e) => {
    const f = e.target.files[0];
    if (f) onFile(f);
    e.currentTarget.value = '';
  };
  return (
    <div class={`picker ${file ? 'filled' : ''} ${error ? 'wrong' : ''}`}>
      <input ref={input} id={id} type="file" accept={accept} class="hidden-input" onChange={change}
        aria-describedby={describedby} aria-invalid={error ? 'true' : undefined} />
      <span class="picker-icon"><Icon name={file ? 'file' : 'upload'} /></span>
      {file
        ? <div class="picker-text"><strong>{file.name}</strong><span class="hint">{bytes(file.size)}</span></div>
        : <div class="picker-text"><strong>{t('drop.text')}</strong><span class="hint">{t('drop.kinds')}</span></div>}
      <label class="button" for={id}>{file ? t('drop.other') : t('drop.choose')}</label>
    </div>
  );
}
