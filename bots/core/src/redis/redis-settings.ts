import { z } from "zod";
import type { SettingsStore } from "../conversation/settings.ts";
import { MAX_WINDOW } from "../conversation/window.ts";
import type { ConversationSettings } from "../port/settings.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import { defineScript } from "./connection/redis-script.ts";
import { present } from "./present.ts";

const flag = z
  .enum(["true", "false"])
  .transform((value) => value === "true")
  .optional()
  .catch(undefined);

/** Fields of a Redis hash are strings; a value that is not one of ours counts as not set. */
const settingsSchema = z.object({
  model: z.string().optional().catch(undefined),
  system: z.string().optional().catch(undefined),
  contextMode: z.enum(["off", "turns", "merged"]).optional().catch(undefined),
  window: z.coerce.number().int().min(1).max(MAX_WINDOW).optional().catch(undefined),
  answersAll: flag,
  opensThreads: flag,
  showsNames: flag,
  showsPreviews: flag,
  feedback: flag,
});

/** KEYS: settings. ARGV: number of fields to set, then those with their values, then the fields to take back. */
const UPDATE = defineScript(`
local set = 2 * tonumber(ARGV[1])
for index = 2, set, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
for index = set + 2, #ARGV do redis.call('HDEL', KEYS[1], ARGV[index]) end
return 1`);

const settingsKey = (key: string) => `cria:{${key}}:settings`;

/** A hash a key. */
export function createRedisSettings(redis: RedisConnection): SettingsStore {
  return {
    get: async (key) => {
      const fields = await redis.run((client) => client.hGetAll(settingsKey(key)));
      return present<ConversationSettings>(settingsSchema.parse(fields));
    },
    update: async (key, patch) => {
      const fields = Object.entries(patch);
      const set = fields.flatMap(([field, value]) => (value === undefined ? [] : [[field, String(value)] as const]));
      const unset = fields.flatMap(([field, value]) => (value === undefined ? [field] : []));
      await redis.script(UPDATE, [settingsKey(key)], [set.length, ...set.flat(), ...unset]);
    },
  };
}
