import { pino } from "pino";
import { describeInbox } from "../conversation/inbox.contract.ts";
import { describeRounds } from "../conversation/rounds.contract.ts";
import { describeSettings } from "../conversation/settings.contract.ts";
import { describeSignals } from "../conversation/signals.contract.ts";
import { describeTurnQueue } from "../conversation/turn-queue.contract.ts";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { startRedisServer } from "../testing/redis-server.ts";
import { createRedisStores } from "./redis-stores.ts";

const logger = pino({ level: "silent" });

describeOnRedis("stores", (program) => {
  const open = async (roundsTtlMs = 60_000) => {
    const server = await startRedisServer(program);
    const options = { url: server.url, roundsTtlMs, logger };
    const stores = [await createRedisStores(options), await createRedisStores(options)] as const;
    const close = async () => {
      await Promise.all(stores.map((store) => store.close()));
      await server.close();
    };
    return { stores, close };
  };

  describeRounds("Redis rounds", open);
  describeSettings("Redis settings", open);
  describeInbox("Redis inbox", open);
  describeTurnQueue("Redis turn queue", open);
  describeSignals("Redis signals", open);
});
