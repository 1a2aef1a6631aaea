// Timing of what is typed.
import { useEffect, useState } from 'preact/hooks';

/** The value once it has been still for the time, in milliseconds. */
export function useStill(value, ms = 300) {
  const [still, setStill] = useState(value);
  useEffect(() => {
    if (value === still) return undefined;
    const timer = setTimeout(() => setStill(value), ms);
    return () => clearTimeout(timer);
  }, [value]);
  return still;
}
