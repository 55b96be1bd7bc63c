import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ReplySignal, Signals } from "../conversation/signals.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import { present } from "./present.ts";

/** All processes hear all signals: they are rare and small. */
const CHANNEL = "cria:signals";

const conversation = z.string();
const signalSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("stop"),
    conversation,
    replyId: z.string().optional(),
    inThreads: z.boolean().optional(),
  }),
  z.object({ type: z.literal("deletion"), conversation, ids: z.array(z.string()) }),
  z.object({ type: z.literal("edit"), conversation, messageId: z.string(), text: z.string() }),
]);
const publishedSchema = z.object({ from: z.string(), signal: signalSchema });

/** This process hears its own signals at once, and not again when they come back. */
export function createRedisSignals(redis: RedisConnection): Signals {
  const self = randomUUID();
  const listeners = new Set<(signal: ReplySignal) => void>();
  return {
    publish: async (signal) => {
      for (const listener of listeners) listener(signal);
      await redis.run((client) => client.publish(CHANNEL, JSON.stringify({ from: self, signal })));
    },
    subscribe: (listener) => {
      listeners.add(listener);
      redis.subscribe(CHANNEL, (message) => {
        const published = parse(message);
        if (published && published.from !== self) listener(present<ReplySignal>(published.signal));
      });
    },
  };
}

/** What this version does not know is for others. */
function parse(message: string): z.infer<typeof publishedSchema> | undefined {
  try {
    return publishedSchema.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined;
  }
}
