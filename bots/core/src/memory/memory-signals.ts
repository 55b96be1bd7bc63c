import type { ReplySignal, Signals } from "../conversation/signals.ts";

/** Within this process. */
export function createMemorySignals(): Signals {
  const listeners = new Set<(signal: ReplySignal) => void>();
  return {
    publish: async (signal) => {
      for (const listener of listeners) listener(signal);
    },
    subscribe: (listener) => void listeners.add(listener),
  };
}
