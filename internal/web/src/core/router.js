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

window.addEventListener('hashchange', () => { route.value = parse(); });

/** The address of a place in the screen. */
export const to = (...parts) => `#/${parts.map(encodeURIComponent).join('/')}`;

/** Goes to a place. */
export function go(address) { location.hash = address; }

/** Goes to a place so that Back does not lead here again. */
export function replace(address) {
  history.replaceState(null, '', address);
  route.value = parse();
}
