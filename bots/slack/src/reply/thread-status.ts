import { StreamEditor } from "@cria/bot-core";
import type { Logger } from "pino";
import type { PacedClient } from "../api/paced-client.ts";

/** Slack clears a status after two minutes. */
const REFRESH_MS = 90_000;
const INTERVAL_MS = 500;

/** What shows in a thread while a reply is prepared, and Slack's own stop button beside it. */
export class ThreadStatus {
  readonly #client: PacedClient;
  readonly #thread: { readonly channel_id: string; readonly thread_ts: string };
  readonly #logger: Logger;
  readonly #editor = new StreamEditor({ intervalMs: INTERVAL_MS, edit: (status) => this.#send(status) });
  #refresh: NodeJS.Timeout | undefined;
  #stopButton: Promise<boolean> = Promise.resolve(false);
  #isOver = false;

  constructor(client: PacedClient, thread: { readonly channel: string; readonly threadTs: string }, logger: Logger) {
    this.#client = client;
    this.#thread = { channel_id: thread.channel, thread_ts: thread.threadTs };
    this.#logger = logger;
  }

  /** Shows a status until the next one, or until `end`. */
  show(status: string): void {
    if (this.#isOver) return;
    clearInterval(this.#refresh);
    this.#refresh = setInterval(() => void this.#send(status), REFRESH_MS).unref();
    this.#editor.update(status);
  }

  /** Shows Slack's stop button, unless the limits are near. */
  showStopButton(): void {
    const args = { ...this.#thread, status: "processing" };
    this.#stopButton = this.#try(() => this.#client.callNow("agents.sessions.setStatus", args));
  }

  /** The first words take the status away; none is shown any more. */
  end(): void {
    clearInterval(this.#refresh);
    this.#isOver = true;
  }

  /** Takes status and stop button away, one that is still to be shown too. */
  async clear(): Promise<void> {
    this.end();
    await this.#editor.finish("");
    const args = { ...this.#thread, status: "active" };
    if (await this.#stopButton) await this.#try(() => this.#client.call("agents.sessions.setStatus", args));
  }

  async #send(status: string): Promise<true> {
    if (this.#isOver && status !== "") return true;
    const args = { ...this.#thread, status };
    // None is worth a wait, but the end of all.
    await this.#try(() => this.#client[status === "" ? "call" : "callNow"]("assistant.threads.setStatus", args));
    return true;
  }

  /** Whether it is done. A decoration: no failure of the reply where Slack refuses it. */
  async #try(call: () => Promise<unknown>): Promise<boolean> {
    try {
      return (await call()) !== undefined;
    } catch (error) {
      this.#logger.debug({ err: error }, "a status was not shown");
      return false;
    }
  }
}
