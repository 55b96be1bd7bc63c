import { createClient, createCluster } from "redis";
import { parseClusterUrl } from "../../text/redis-url.ts";

const CONNECT_TIMEOUT_MS = 2_000;
/** A connection on which nothing is said is asked so often, and given up so long after that; also one that only listens. */
const PING_INTERVAL_MS = 3_000;
const SOCKET_TIMEOUT_MS = 5_000;
/** Reconnecting goes on for ever, at most this long apart. */
const MAX_RECONNECT_DELAY_MS = 1_000;

export type RedisClient = ReturnType<typeof createRedisClient>;
export type RedisCluster = ReturnType<typeof createRedisCluster>;

/** What a single Redis and a cluster both do: one key a command, or keys of one hash tag. */
export type RedisCommands = Omit<
  RedisClient,
  | "multi"
  | "connect"
  | "close"
  | "destroy"
  | "duplicate"
  | "subscribe"
  | "keys"
  | "scanIterator"
  | "scriptLoad"
  | "flushAll"
  | "on"
  | "withTypeMapping"
>;

/** A client of one Redis. Commands fail at once while it is away. */
export function createRedisClient(url: string) {
  return createClient({ url, ...behaviour() });
}

/** A client of a cluster, found through the nodes that the URL names. */
export function createRedisCluster(url: string) {
  const { rootUrls, username, password, isTls } = parseClusterUrl(url);
  const { socket, commandOptions, ...rest } = behaviour();
  return createCluster({
    rootNodes: rootUrls.map((rootUrl) => ({ url: rootUrl })),
    commandOptions,
    defaults: {
      ...rest,
      socket: isTls ? { ...socket, tls: true } : socket,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    },
  });
}

const behaviour = () => ({
  disableOfflineQueue: true,
  // Without: each command would cost a signal and its timer, which fires 5 s later. What waits longer is given up by the connection.
  commandOptions: { timeout: 0 },
  pingInterval: PING_INTERVAL_MS,
  socket: {
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    reconnectStrategy: reconnectDelayMs,
  },
});

/** Exponential from 50 ms, capped, with jitter so that processes do not come back all at once. */
function reconnectDelayMs(retries: number): number {
  return Math.min(MAX_RECONNECT_DELAY_MS, 50 * 2 ** retries) * (0.5 + Math.random() / 2);
}
