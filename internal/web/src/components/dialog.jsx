// A question that must be answered first: the browser's own dialog, which keeps
// the focus in and gives it back.
import { useEffect, useId, useRef } from 'preact/hooks';

/** @param {{title?: any, children?: any, actions?: any, onClose?: any, wide?: any}} props */
export function Dialog({ title, children, actions, onClose, wide }) {
  const box = useRef(null);
  const heading = useRef(null);
  const id = useId();
  useEffect(() => {
    const d = box.current;
    const before = document.activeElement;
    d.showModal();
    heading.current.focus();
    return () => {
      if (d.open) d.close();
      // The dialog is gone before it could give the focus back itself.
      setTimeout(() => { if (document.activeElement === document.body) /** @type {HTMLElement} */ (before !== document.body && before?.isConnected ? before : document.querySelector('main h1'))?.focus(); });
    };
  }, []);
  return (
    <dialog ref={box} class={wide ? 'wide' : undefined} aria-labelledby={id} onCancel={(e) => { e.preventDefault(); onClose?.(); }}>
      <h2 id={id} ref={heading} tabIndex={-1}>{title}</h2>
      <div class="dialog-body">{children}</div>
      <div class="actions">{actions}</div>
    </dialog>
  );
}
