import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { vi } from "vitest";

/** Between two steps, of the machine's time. */
const STEP_MS = 2;
/** How far time goes in one step. */
const PACE_MS = 40;
const TIMERS = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;
const FAKED = [...TIMERS, "Date", "performance"] as const;

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
  const restoreModules = quickenModules();
  const steps = setInterval(() => vi.advanceTimersByTime(PACE_MS), STEP_MS);
  return () => {
    clearInterval(steps);
    restoreModules();
    vi.useRealTimers();
  };
}

/** What comes from `node:timers` and `node:timers/promises`: vitest fakes the global functions alone. */
function quickenModules(): () => void {
  const real = Object.fromEntries(TIMERS.map((name) => [name, timers[name]]));
  const { setTimeout: realPause } = timersPromises;
  Object.assign(timers, Object.fromEntries(TIMERS.map((name) => [name, globalThis[name]])));
  Object.assign(timersPromises, { setTimeout: quickPause });
  syncBuiltinESMExports();
  return () => {
    Object.assign(timers, real);
    Object.assign(timersPromises, { setTimeout: realPause });
    syncBuiltinESMExports();
  };
}

async function quickPause<T>(ms: number, value?: T, { signal }: { readonly signal?: AbortSignal } = {}): Promise<T> {
  signal?.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const abort = () => {
      globalThis.clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = globalThis.setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value as T);
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
