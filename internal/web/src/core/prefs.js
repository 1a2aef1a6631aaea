// What this browser remembers about how things look.
import { signal } from '@preact/signals';

const at = 'rollbook.theme';

/** 'auto', 'light' or 'dark'. */
export const theme = signal('auto');

export function setTheme(to, remember = true) {
  theme.value = to;
  if (to === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = to;
  if (remember) try { localStorage.setItem(at, to); } catch { /* only for now */ }
}

export function firstTheme() {
  try {
    const kept = localStorage.getItem(at);
    if (kept === 'light' || kept === 'dark') return kept;
  } catch { /* as if none */ }
  return 'auto';
}
