// The address after # says what is shown.
import { signal } from '@preact/signals';

// What was cut or typed wrongly names nothing, and is shown as such.
const decoded = (part) => { try { return decodeURIComponent(part); } catch { return part; } };

const parse = () => {
  const [path, q] = location.hash.replace(/^#\/?/, '').split('?');
  return { parts: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(q || '') };
};

/** The parts of the path and its query. */
export const route = signal(parse());

// What is shown is a moment behind the address when somebody goes on.
let shown = location.hash;

window.addEventListener('hashchange', () => { shown = location.hash; route.value = parse(); });

/** The address of a place in the screen. */
export const to = (...parts) => `#/${parts.map(encodeURIComponent).join('/')}`;

/** Goes to a place. */
export function go(address) { location.hash = address; }

/** Gives the place that is shown another address, unless somebody has gone on already. */
export function rename(address) {
  if (location.hash !== shown) return false;
  history.replaceState(history.state, '', address);
  shown = location.hash;
  return true;
}

/** Goes to a place so that Back does not lead here again, unless somebody has gone on already. */
export function replace(address) {
  if (rename(address)) route.value = parse();
}
