import { pause } from "@cria/bot-core";
import { App, HTTPReceiver, type Receiver, SocketModeReceiver, type webApi } from "@slack/bolt";
import type { Logger } from "pino";
import { holdingAcknowledgements } from "./acknowledgement.ts";
import { isTokenError } from "./api/slack-errors.ts";
import { createBoltLogger } from "./bolt-logger.ts";
import type { SlackConfig } from "./config.ts";

/** Of one call; the library has no limit of its own. */
const CALL_TIMEOUT_MS = 10_000;
const FIRST_RECONNECT_MS = 250;
const MAX_RECONNECT_MS = 30_000;

/** The library's app, and how it is connected. */
export interface SlackConnection {
  readonly app: App;
  /** Begins to receive. Rejects when Slack cannot be reached or does not take the token. */
  start(): Promise<void>;
  /** Receives no more. */
  stop(): Promise<void>;
}

export interface ConnectionOptions {
  readonly config: SlackConfig;
  readonly logger: Logger;
  /** Slack took the app-level token away: nothing comes in any more. */
  readonly onLost: (error: unknown) => void;
  /** Slack said to how many processes it is connected. */
  readonly onConnected: (numProcesses: number) => void;
}

/** Builds the app. Calls give up in time and are tried again by their callers only. */
export function createConnection(options: ConnectionOptions): SlackConnection {
  const { config, logger } = options;
  const clientOptions: webApi.WebClientOptions = {
    ...(config.apiUrl !== undefined && { slackApiUrl: config.apiUrl }),
    timeout: CALL_TIMEOUT_MS,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: createBoltLogger(logger),
  };
  return config.events.type === "socket"
    ? socketConnection(config.events.appToken, clientOptions, options)
    : httpConnection(config.events, clientOptions, options);
}

function socketConnection(
  appToken: string,
  clientOptions: webApi.WebClientOptions,
  options: ConnectionOptions,
): SlackConnection {
  const receiver = new SocketModeReceiver({
    appToken,
    // The library waits five seconds and more, and crashes the process when Slack is away for long: see `reconnect`.
    autoReconnectEnabled: false,
    logger: createBoltLogger(options.logger),
    installerOptions: { clientOptions: { ...clientOptions } },
  });
  receiver.client.on("ws_message", (data: unknown) => hearHello(String(data), options));
  const app = createApp(receiver, clientOptions, options);
  const stopping = new AbortController();
  const connect = async () => {
    await receiver.client.start();
    receiver.client.once("disconnected", () => void reconnect(connect, stopping.signal, options));
  };
  return {
    app,
    start: connect,
    stop: async () => {
      stopping.abort();
      await app.stop();
    },
  };
}

/** The first message of a connection counts the app's connections. */
function hearHello(data: string, { onConnected }: ConnectionOptions): void {
  if (!data.includes('"hello"')) return;
  const { type, num_connections: count } = JSON.parse(data) as { type: string; num_connections?: number };
  if (type === "hello" && count !== undefined) onConnected(count);
}

/** Connects again, at once at first and then ever less often; gives up only where Slack refuses the token. */
async function reconnect(connect: () => Promise<void>, signal: AbortSignal, options: ConnectionOptions): Promise<void> {
  const { logger, onLost } = options;
  for (let waitMs = 0; !signal.aborted; waitMs = Math.min(MAX_RECONNECT_MS, waitMs * 2 || FIRST_RECONNECT_MS)) {
    await pause(waitMs * (0.5 + Math.random() / 2), signal);
    if (signal.aborted) return;
    try {
      await connect();
      return void logger.info("connected to Slack again");
    } catch (error) {
      if (isTokenError(error)) return onLost(error);
      logger.warn({ err: error }, "Slack cannot be reached; trying again");
    }
  }
}

function httpConnection(
  { signingSecret, host, port }: SlackConfig["events"] & { type: "http" },
  clientOptions: webApi.WebClientOptions,
  options: ConnectionOptions,
): SlackConnection {
  const receiver = new HTTPReceiver({ signingSecret, logger: createBoltLogger(options.logger) });
  const app = createApp(receiver, clientOptions, options);
  let isStarted = false;
  return {
    app,
    start: async () => {
      await app.start({ port, host });
      isStarted = true;
    },
    // The library has nothing to stop before, and says so by a rejection.
    stop: async () => {
      if (isStarted) await app.stop();
    },
  };
}

function createApp(
  receiver: Receiver,
  clientOptions: webApi.WebClientOptions,
  { config, logger }: ConnectionOptions,
): App {
  const app = new App({
    receiver: holdingAcknowledgements(receiver),
    clientOptions,
    token: config.botToken,
    logger: createBoltLogger(logger),
    // A bad token would otherwise be an unhandled rejection.
    deferInitialization: true,
    convoStore: false,
  });
  app.error(async (error) => logger.error({ err: error }, "an event was not handled"));
  return app;
}
