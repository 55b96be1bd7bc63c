import { monitorEventLoopDelay } from "node:perf_hooks";

/** Preloaded into the service by bench/service.ts: tells the longest gap of the event loop since the last reset. */
const RESOLUTION_MS = 1;
const NANOSECONDS_PER_MS = 1e6;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
process.on("message", (message) => {
  const longestMs = delay.max / NANOSECONDS_PER_MS;
  if (message === "reset") delay.reset();
  process.send?.(longestMs);
});
process.channel?.unref();
