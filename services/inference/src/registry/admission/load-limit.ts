import { InferenceError } from "../../errors.ts";
import type { Ticket } from "./ticket-desk.ts";

const MAX_LOADS = 64;
/** Loads end within seconds. */
const RETRY_DELAY_MS = 5_000;

/** Bounds those who have models loaded and ask nothing of them. */
export class LoadLimit {
  #numLoads = 0;

  /** One more. Its place is never given to another. @throws InferenceError QUEUE_FULL */
  take(): Ticket {
    if (this.#numLoads >= MAX_LOADS) throw queueFull();
    this.#numLoads++;
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#numLoads--;
      isHeld = false;
    };
    return { signal: new AbortController().signal, admit: () => {}, release };
  }
}

function queueFull(): InferenceError {
  const message = `${MAX_LOADS} calls that load models wait, and no more may. Try again later`;
  return new InferenceError("QUEUE_FULL", message, { retryDelayMs: RETRY_DELAY_MS });
}
