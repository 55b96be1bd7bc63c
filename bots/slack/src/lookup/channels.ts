import { LruCache, within } from "@cria/bot-core";
import type { Logger } from "pino";
import type { PacedClient } from "../api/paced-client.ts";

const LIFETIME_MS = 10 * 60_000;
const MAX_CHANNELS = 5_000;
/** Longer nobody is kept waiting for a name. */
const MAX_WAIT_MS = 2_000;

/** Names of channels, remembered for ten minutes. */
export class Channels {
  readonly #client: PacedClient;
  readonly #logger: Logger;
  readonly #known = new LruCache<Promise<string | undefined>>(MAX_CHANNELS, LIFETIME_MS);

  constructor(client: PacedClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** Undefined where it has none, as a direct message, and where Slack does not tell in time. Never rejects. */
  async name(id: string): Promise<string | undefined> {
    try {
      return await within(MAX_WAIT_MS, this.#known.get(id) ?? this.#beginLookUp(id));
    } catch (error) {
      this.#logger.debug({ err: error }, "a channel's name is not known");
      return undefined;
    }
  }

  #beginLookUp(id: string): Promise<string | undefined> {
    const lookUp = this.#lookUp(id);
    this.#known.set(id, lookUp);
    lookUp.catch(() => this.#known.delete(id));
    return lookUp;
  }

  async #lookUp(channel: string): Promise<string | undefined> {
    const answer = await this.#client.callNow("conversations.info", { channel });
    if (!answer) throw new Error("too many channels are looked up at once");
    return (answer as { channel?: { name?: string } }).channel?.name || undefined;
  }
}
