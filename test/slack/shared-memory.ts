import { once } from "node:events";
import { connect } from "node:net";
import { createMemoryStores, createRedisStores, type Stores } from "@cria/bot-core";
import { hasRedisServer, type RedisServer, startRedisServer } from "@cria/bot-core/testing";
import { pino } from "pino";
import { afterAll } from "vitest";

const ROUNDS_TTL_MS = 3_600_000;

/** The Redis of this file's tests. */
let redis: RedisServer | undefined;
afterAll(async () => await redis?.close());

export const hasRedis = hasRedisServer(process.env.PATH ?? "");

/** A memory that is empty: in Redis where there is one, with a server for each file of tests. */
export async function openStores(): Promise<Stores> {
  if (!hasRedis) return createMemoryStores({ roundsTtlMs: ROUNDS_TTL_MS });
  redis ??= await startRedisServer();
  await forgetAll(redis.url);
  return await openSameStores();
}

/** The memory that was opened last, as another process sees it. What nobody renews is taken over after two leases. */
export async function openSameStores({ leaseMs }: { readonly leaseMs?: number } = {}): Promise<Stores> {
  const logger = pino({ level: "silent" });
  const lease = leaseMs === undefined ? {} : { leaseMs };
  return await createRedisStores({ url: redis!.url, roundsTtlMs: ROUNDS_TTL_MS, logger, ...lease });
}

async function forgetAll(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).resume();
  socket.end("FLUSHALL\r\nQUIT\r\n");
  await once(socket, "close");
}
