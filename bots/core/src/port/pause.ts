import { setMaxListeners } from "node:events";

/** Resolves after `ms` milliseconds, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    // As many as pause at once; Node takes more than ten for a leak.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", end);
  });
}
