import type { Logger } from "pino";
import {
  AbortError,
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  ErrorReply,
  MaxCommandRedirectionsError,
  RootNodesUnavailableError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
} from "redis";
import { BotError } from "../../port/bot-error.ts";
import { pause } from "../../port/pause.ts";
import { LateError, within } from "../../port/within.ts";
import { isClusterUrl } from "../../text/redis-url.ts";
import {
  createRedisClient,
  createRedisCluster,
  type RedisClient,
  type RedisCluster,
  type RedisCommands,
} from "./redis-clients.ts";
import { evaluate, type RedisScript } from "./redis-script.ts";

/** Longest wait for an answer of Redis, and for the first connection: people wait for it. */
const TIMEOUT_MS = 2_000;
/** Longest wait for the answer to a ping, before a connection is given up. */
const PING_MS = 1_000;
/** Between two tries to find a cluster, or to listen; the client of a single Redis finds it by itself. */
const RETRY_MS = 1_000;

/** A connection that comes back by itself; while it is away every call fails within two seconds. */
export interface RedisConnection {
  /** Runs a command. Throws a `BotError` (`MEMORY_UNAVAILABLE`) when Redis does not answer, its own error when it refuses. */
  run<T>(command: (client: RedisCommands) => Promise<T>): Promise<T>;
  /** Runs a script, as `run` does a command. Resolves to what it returns: strings, numbers, null and arrays of those. */
  script<T>(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<T>;
  /** Hears what is published in a channel, from when Redis is there until the connection is closed. */
  subscribe(channel: string, listener: (message: string) => void): void;
  /** Names of all keys that match a pattern, on every node; for operators, not for messages. */
  keys(pattern: string): Promise<readonly string[]>;
  close(): Promise<void>;
  readonly logger: Logger;
}

/**
 * Connects to `redis://…`, `rediss://…`, `redis-cluster://…` or `rediss-cluster://…`, waiting at most two seconds: a bot starts
 * without Redis and has its memory when Redis comes.
 */
export async function connectRedis(url: string, logger: Logger): Promise<RedisConnection> {
  return isClusterUrl(url) ? await connectCluster(url, logger) : await connectSingle(url, logger);
}

async function connectSingle(url: string, logger: Logger): Promise<RedisConnection> {
  const client = createRedisClient(url);
  const subscriber = client.duplicate();
  const closing = new AbortController();
  let connecting: Promise<unknown> | undefined;
  const forget = (error: unknown) => {
    connecting = undefined;
    throw error;
  };
  // Its "connect" says only that a socket is open; a Redis that is stopped opens one, too.
  logChanges(client, logger, ["ready"]);
  subscriber.on("error", () => undefined); // Told by the other.
  const connected = client.connect().catch(() => undefined); // Told by the "error" event.
  await within(TIMEOUT_MS, connected).catch(() => undefined);
  return {
    ...commandsOf(client, () => renewSilent([client], closing.signal)),
    logger,
    subscribe: (channel, listener) =>
      void listenUntilHeard({ channel, logger, signal: closing.signal }, async () => {
        connecting ??= subscriber.connect().catch(forget);
        await connecting;
        await subscriber.subscribe(channel, listener);
      }),
    keys: (pattern) => scan(client, pattern),
    close: async () => {
      closing.abort();
      subscriber.destroy();
      client.destroy();
    },
  };
}

/** The cluster client gives up when it finds no node at first, so it is asked again until one is there. */
async function connectCluster(url: string, logger: Logger): Promise<RedisConnection> {
  const closing = new AbortController();
  const cluster = createRedisCluster(url);
  logChanges(cluster, logger, ["node-ready", "connect"]);
  const connected = connectUntilThere(cluster, closing.signal);
  await within(TIMEOUT_MS, connected).catch(() => undefined);
  return {
    ...commandsOf(cluster as unknown as RedisCommands, () => {
      const clients = cluster.masters.flatMap(({ client }) => client ?? []);
      return renewSilent(clients as unknown as RedisClient[], closing.signal);
    }),
    logger,
    subscribe: (channel, listener) =>
      void listenUntilHeard({ channel, logger, signal: closing.signal }, async () => {
        await connected;
        await cluster.subscribe(channel, listener);
      }),
    keys: async (pattern) => {
      const nodes = await Promise.all(cluster.masters.map((master) => cluster.nodeClient(master)));
      return (await Promise.all(nodes.map((node) => scan(node, pattern)))).flat();
    },
    close: async () => {
      closing.abort();
      cluster.destroy();
    },
  };
}

/** What comes late may come on a dead line. */
function commandsOf(client: RedisCommands, onLate: () => Promise<void>): Pick<RedisConnection, "run" | "script"> {
  let isRenewing = false;
  const renew = async () => {
    if (isRenewing) return;
    isRenewing = true;
    await onLate();
    isRenewing = false;
  };
  const run = <T>(command: (client: RedisCommands) => Promise<T>) =>
    within(TIMEOUT_MS, command(client)).catch((error: unknown) => {
      if (error instanceof LateError) void renew();
      return throwKnown(error);
    });
  return {
    run,
    script: <T>(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]) =>
      run((commands) => evaluate(commands, script, keys, args) as Promise<T>),
  };
}

/** Gives up connections on which nothing comes: `socketTimeout` counts what is written, so a busy bot never notices by it. */
async function renewSilent(clients: readonly RedisClient[], signal: AbortSignal): Promise<void> {
  const renew = async (client: RedisClient) => {
    const isAnswered = await within(PING_MS, client.ping()).then(
      () => true,
      (error) => !(error instanceof LateError),
    );
    if (isAnswered || !client.isReady || signal.aborted) return;
    client.destroy();
    await client.connect().catch(() => undefined);
  };
  await Promise.all(clients.filter(({ isReady }) => isReady).map(renew));
}

async function connectUntilThere(cluster: RedisCluster, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const isConnected = await cluster.connect().then(
      () => true,
      () => false,
    );
    if (isConnected) return;
    await pause(RETRY_MS * (0.5 + Math.random() / 2), signal);
  }
}

async function scan(client: ReturnType<typeof createRedisClient>, pattern: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const keys of client.scanIterator({ MATCH: pattern, COUNT: 1_000 })) found.push(...keys);
  return found;
}

/** One line when Redis goes and one when it comes, not one for each attempt. */
function logChanges(
  client: Pick<ReturnType<typeof createRedisClient>, "on"> | RedisCluster,
  logger: Logger,
  readyEvents: readonly string[],
): void {
  let isAway = false;
  const onError = (error: Error) => {
    if (!isAway) logger.warn({ reason: error.message }, "Redis cannot be reached; memory is away until it is back");
    isAway = true;
  };
  const onReady = () => {
    if (isAway) logger.info("Redis is back");
    isAway = false;
  };
  for (const event of ["error", "node-error"]) client.on(event, onError);
  for (const event of readyEvents) client.on(event, onReady);
}

interface Listening {
  readonly channel: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * The client listens again after a connection broke, but not to what it was about to listen to. A Redis that may not be listened
 * to, as by its access list, is for its owner to mend: that is one line in the log.
 */
async function listenUntilHeard({ channel, logger, signal }: Listening, listen: () => Promise<void>): Promise<void> {
  let isLogged = false;
  while (!signal.aborted) {
    const error = await listen().then(
      () => undefined,
      (reason: unknown) => reason ?? "unknown",
    );
    if (error === undefined || signal.aborted) return;
    if (error instanceof ErrorReply && !isAway(error) && !isLogged) {
      isLogged = true;
      const { message: reason } = error;
      logger.error({ channel, reason }, "Redis refuses SUBSCRIBE: what other processes say is not heard");
    }
    await pause(RETRY_MS * (0.5 + Math.random() / 2), signal);
  }
}

/** Errors of the client that say that nobody answers. */
const AWAY = [
  AbortError,
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  LateError,
  MaxCommandRedirectionsError,
  RootNodesUnavailableError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
];
/** Answers of a Redis that is not ready, or whose cluster has no node for the key just now. */
const NOT_READY = /^(LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN)\b/;

function isAway(error: unknown): boolean {
  if (error instanceof ErrorReply) return NOT_READY.test(error.message);
  return AWAY.some((type) => error instanceof type) || (error instanceof Error && "syscall" in error);
}

/** What Redis refuses, and what is wrong with the code, keeps its own error and is logged as such. */
function throwKnown(cause: unknown): never {
  if (!isAway(cause)) throw cause;
  const message = "My memory (Redis) cannot be reached just now. Try again in a moment.";
  throw new BotError("MEMORY_UNAVAILABLE", message, { cause });
}
