import type { ReplySignal, Signals } from "../conversation/signals.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";

/** All processes hear all signals: they are rare and small. */
const CHANNEL = "cria:signals";

export function createRedisSignals(redis: RedisConnection): Signals {
  return {
    publish: async (signal) => void (await redis.run((client) => client.publish(CHANNEL, JSON.stringify(signal)))),
    subscribe: (listener) => redis.subscribe(CHANNEL, (message) => listener(JSON.parse(message) as ReplySignal)),
  };
}
