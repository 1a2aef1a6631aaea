// What a screen reader says about things that happen beside the focus.
import { signal } from '@preact/signals';

/** Said politely, and shown for a moment when shown is true. */
export const announcement = signal({ text: '', shown: false, id: 0 });

let fading;

export function announce(text, { shown = false } = {}) {
  announcement.value = { text, shown, id: announcement.value.id + 1 };
  clearTimeout(fading);
  fading = setTimeout(() => { announcement.value = { ...announcement.value, text: '', shown: false }; }, shown ? 4000 : 8000);
}

const said = new Map();

/** Says progress of a thing at 25, 50, 75 and 100 per cent only. */
export function announceProgress(thing, share, text) {
  const step = Math.floor(share * 4);
  if (step > 0 && said.get(thing) !== step) {
    said.set(thing, step);
    announce(text);
  }
}
