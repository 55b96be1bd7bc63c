import type { EventEmitter } from "node:events";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** The first signal asks to stop. From then on nobody minds them: a second one, whichever, ends the process at once, as Node does by itself. */
export function stopSignal(process: Pick<EventEmitter, "on" | "off">): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      for (const other of SIGNALS) process.off(other, stop);
      resolve(signal);
    };
    for (const signal of SIGNALS) process.on(signal, stop);
  });
}
