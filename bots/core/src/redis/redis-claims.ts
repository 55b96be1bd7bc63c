import type { Claims } from "../conversation/claims.ts";
import { EVENT_TTL_MS } from "../conversation/limits.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import { claimKey } from "./inbox/inbox-group.ts";

/** A key a claim, which ends by itself. */
export function createRedisClaims(redis: RedisConnection): Claims {
  return {
    claim: async (writer, id, ttlMs = EVENT_TTL_MS) => {
      const options = { condition: "NX", expiration: { type: "PX", value: ttlMs } } as const;
      return (await redis.run((client) => client.set(claimKey(writer, id), "1", options))) === "OK";
    },
  };
}
