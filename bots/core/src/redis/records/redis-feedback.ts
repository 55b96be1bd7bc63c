import { type FeedbackStore, MAX_RATINGS, parseRating, type Rating } from "../../records/feedback.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import { addRecord } from "./redis-records.ts";

/** Ratings in a stream of their workspace, for `ttlMs`. */
export function createRedisFeedback(redis: RedisConnection, ttlMs: number): FeedbackStore {
  return {
    async rate(workspace, rating) {
      await addRecord(redis, feedbackKey(workspace), rating, { maxRecords: MAX_RATINGS, ttlMs });
    },
  };
}

/** All ratings of all workspaces, oldest first within each. Entries of another version are left out. */
export async function* readRatings(redis: RedisConnection): AsyncGenerator<Rating> {
  for (const key of await redis.keys(feedbackKey("*"))) {
    let from = "-";
    while (true) {
      const entries = (await redis.run((client) => client.xRange(key, from, "+", { COUNT: PAGE }))) ?? [];
      for (const { message } of entries) yield* parseRating(message.json);
      if (entries.length < PAGE) break;
      from = `(${entries.at(-1)!.id}`;
    }
  }
}

const PAGE = 1_000;
const feedbackKey = (workspace: string) => `cria:{${workspace}}:feedback`;
