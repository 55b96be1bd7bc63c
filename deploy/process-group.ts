import { StartError } from "./start-error.ts";
import { type ProcessSpec, SupervisedProcess } from "./supervised-process.ts";

/** Processes that live and end together. */
export class ProcessGroup {
  readonly #processes: SupervisedProcess[] = [];
  readonly #write: (name: string, line: string) => void;
  readonly #failure = new AbortController();

  /** `write` gets each line of each process's output. */
  constructor(write: (name: string, line: string) => void) {
    this.#write = write;
  }

  /** Aborts with a StartError when one of them that is not optional cannot be kept running. */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** Starts one more. */
  start(spec: ProcessSpec): void {
    const child = new SupervisedProcess(spec, {
      onLine: (line) => this.#write(spec.name, line),
      onGiveUp: (reason) => this.#onGiveUp(spec, reason),
    });
    this.#processes.push(child);
    child.start();
  }

  #onGiveUp({ name, isOptional = false }: ProcessSpec, reason: string): void {
    if (isOptional) this.#write(name, `${reason}; all else runs on. Once that is mended, start again.`);
    else this.#failure.abort(new StartError(reason));
  }

  /**
   * Ends all, one after another, the last started first, so that none loses what it stands on before it is done. Each has
   * `graceMs` for it.
   */
  async stop(graceMs: number): Promise<void> {
    for (const child of this.#processes.toReversed()) await child.stop(graceMs);
  }
}
