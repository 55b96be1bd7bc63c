import { createClient, createCluster } from "redis";
import { parseClusterUrl } from "../text/redis-url.ts";
import { redisScripts } from "./redis-scripts.ts";

const CONNECT_TIMEOUT_MS = 2_000;
/** Reconnecting goes on for ever, at most this long apart. */
const MAX_RECONNECT_DELAY_MS = 1_000;

type RedisClient = ReturnType<typeof createRedisClient>;
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
  return createClient({ url, scripts: redisScripts, ...behaviour() });
}

/** A client of a cluster, found through the nodes that the URL names. */
export function createRedisCluster(url: string) {
  const { rootUrls, username, password, isTls } = parseClusterUrl(url);
  const { disableOfflineQueue, socket } = behaviour();
  return createCluster({
    rootNodes: rootUrls.map((rootUrl) => ({ url: rootUrl })),
    defaults: {
      disableOfflineQueue,
      socket: isTls ? { ...socket, tls: true } : socket,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    },
    scripts: redisScripts,
  });
}

const behaviour = () => ({
  disableOfflineQueue: true,
  socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: reconnectDelayMs },
});

/** Exponential from 50 ms, capped, with jitter so that processes do not come back all at once. */
function reconnectDelayMs(retries: number): number {
  return Math.min(MAX_RECONNECT_DELAY_MS, 50 * 2 ** retries) * (0.5 + Math.random() / 2);
}
