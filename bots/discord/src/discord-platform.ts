import { untilReachable } from "@cria/bot-core";
import { Connection } from "./connection.ts";
import { checkToken } from "./gateway/check-token.ts";
import type { DiscordPlatformOptions } from "./platform-options.ts";

/** The bot on Discord. */
export interface DiscordPlatform {
  /** Connects, when Discord can be reached. Rejects with a `RefusedError` when it does not take the token or an intent. */
  start(): Promise<void>;
  /**
   * Leaves the replies that are being written to another process; where there can be none, ends them and waits at most so
   * long for their last words. Disconnects.
   */
  stop(graceMs: number): Promise<void>;
}

/** Builds the bot; `start` connects it. */
export function createDiscordPlatform(options: DiscordPlatformOptions): DiscordPlatform {
  const { config, logger } = options;
  const stopping = new AbortController();
  let connection: Connection | undefined;
  const connect = async () => {
    const identity = await checkToken(config.token, config.apiUrl);
    stopping.signal.throwIfAborted();
    const attempt = new Connection(options, identity);
    connection = attempt;
    await attempt.open(stopping.signal).catch(async (error: unknown) => {
      if (!stopping.signal.aborted) await attempt.disconnect();
      throw error;
    });
  };
  return {
    start: async () => await untilReachable(connect, { signal: stopping.signal, logger }),
    stop: async (graceMs) => {
      stopping.abort();
      await connection?.close(graceMs);
    },
  };
}
