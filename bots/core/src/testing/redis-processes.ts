import { pino } from "pino";
import { createClient } from "redis";
import type { Delivery, NewEntry, TakeOverOptions } from "../conversation/inbox.ts";
import type { Stores } from "../conversation/stores.ts";
import { createRedisStores } from "../redis/redis-stores.ts";
import { startRedisServer } from "./redis-server.ts";
import { startTcpProxy } from "./tcp-proxy.ts";
import { testEntry } from "./test-entry.ts";

/** Short, and long enough for a busy machine to renew in time. */
export const LEASE_MS = 600;
const WRITER = "web:local";
const INBOX = `cria:{${WRITER}}:inbox`;

/** A Redis of one test's own, with bot processes on it: each has a connection and an inbox, and one is killed by closing them. */
export async function startRedisProcesses(program: string, onTestFinished: (close: () => Promise<void>) => void) {
  const server = await startRedisServer(program);
  const admin = createClient({ url: server.url });
  admin.on("error", () => undefined);
  await admin.connect();
  const proxy = await startTcpProxy(Number(new URL(server.url).port));
  const opened: Stores[] = [];
  const lines: string[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
  onTestFinished(async () => {
    for (const stores of opened) await stores.close();
    admin.destroy();
    await proxy.close();
    await server.close();
  });

  const open = async (url = server.url) => {
    const stores = await createRedisStores({ url, roundsTtlMs: 60_000, logger, leaseMs: LEASE_MS });
    opened.push(stores);
    return stores;
  };
  return {
    server,
    admin,
    inbox: INBOX,
    /** In the way of those that `openBehindProxy` opens. */
    proxy,
    /** What was logged as a warning, or worse. */
    lines,
    open: () => open(),
    openBehindProxy: () => open(server.url.replace(/\d+$/, String(proxy.port))),
    /** Ends a process as a crash does: its connection is gone, and it renews nothing. */
    kill: (stores: Stores) => stores.close(),
    claim: async ({ inbox }: Stores, fields: Partial<NewEntry> = {}): Promise<Delivery> =>
      (await inbox.claim(testEntry(fields)))!,
    /** What a process takes over from now on. */
    takeOver: ({ inbox }: Stores, serves: TakeOverOptions["serves"] = () => true): readonly Delivery[] => {
      const taken: Delivery[] = [];
      inbox.takeOver({ writer: WRITER, serves, onDelivery: (delivery) => void taken.push(delivery) });
      return taken;
    },
    numPending: async () => (await admin.xPending(INBOX, "bots")).pending,
    pendingIds: async () => (await admin.xPendingRange(INBOX, "bots", "-", "+", 100)).map(({ id }) => id),
    hasKept: async ({ id }: Delivery) => (await admin.exists(`cria:{${WRITER}}:entry:${id}`)) === 1,
  };
}

/** Soon, on a busy machine. */
export const SOON = { timeout: 20_000 };
