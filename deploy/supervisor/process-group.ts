import { StartError } from "../start-error.ts";
import { type ProcessSpec, SupervisedProcess } from "./supervised-process.ts";

/** Processes that live and end together. */
export class ProcessGroup {
  readonly #processes: { readonly child: SupervisedProcess; readonly isBase: boolean }[] = [];
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
    this.#processes.push({ child, isBase: spec.isBase ?? false });
    child.start();
  }

  #onGiveUp({ name, isOptional = false }: ProcessSpec, reason: string): void {
    if (isOptional) this.#write(name, `${reason}; all else runs on. Once that is mended, start again.`);
    else this.#failure.abort(new StartError(reason));
  }

  /** Ends all, each within its grace: first those that stand on others, so that none loses what it needs before it is done. */
  async stop(): Promise<void> {
    await this.#stop(false);
    await this.#stop(true);
  }

  async #stop(isBase: boolean): Promise<void> {
    const processes = this.#processes.filter((candidate) => candidate.isBase === isBase);
    await Promise.all(processes.map(({ child }) => child.stop()));
  }
}
