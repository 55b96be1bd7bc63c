import { vi } from "vitest";

/** Between two steps, of the machine's time. */
const STEP_MS = 2;
/** How far time goes in one step. */
const PACE_MS = 40;
const FAKED = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"] as const;

/** Who wants it quick just now. */
let numUsers = 0;
let stop = () => {};

/**
 * Lets the timers and clocks of this process run twenty times as fast, so that nobody waits for pauses; returns a function
 * that ends it. Nothing is skipped: what is due happens in order, and no step is made while the event loop is busy.
 */
export function quickenTime(): () => void {
  if (numUsers++ === 0) stop = start();
  return () => {
    if (--numUsers === 0) stop();
  };
}

function start(): () => void {
  const { setInterval, clearInterval } = globalThis;
  vi.useFakeTimers({ toFake: [...FAKED], now: Date.now() });
  const steps = setInterval(() => vi.advanceTimersByTime(PACE_MS), STEP_MS);
  return () => {
    clearInterval(steps);
    vi.useRealTimers();
  };
}
