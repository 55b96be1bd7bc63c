import { z } from "zod";
import type { RedisConnection } from "../store/redis-connection.ts";

/** Most ratings kept of a workspace. */
export const MAX_RATINGS = 100_000;

const ratingSchema = z.object({
  atMs: z.number(),
  conversation: z.string(),
  replyId: z.string(),
  /** Who rated. */
  authorId: z.string(),
  rating: z.enum(["up", "down"]),
  question: z.string(),
  context: z.string(),
  reply: z.string(),
  model: z.string(),
});

/** A person's word on a reply. */
export type Rating = Readonly<z.infer<typeof ratingSchema>>;

/** Where ratings are kept. */
export interface FeedbackStore {
  /** Keeps a rating; an earlier one of the same person on the same reply no longer counts. */
  rate(workspace: string, rating: Rating): Promise<void>;
}

/** Ratings in a stream of their workspace, for `ttlMs`. */
export function createRedisFeedback(redis: RedisConnection, ttlMs: number): FeedbackStore {
  return {
    async rate(workspace, rating) {
      const args = [JSON.stringify(rating), MAX_RATINGS, ttlMs];
      await redis.run((client) => client.addRecord([feedbackKey(workspace)], args));
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

function parseRating(json: string | undefined): readonly Rating[] {
  try {
    return [ratingSchema.parse(JSON.parse(json ?? ""))];
  } catch {
    return [];
  }
}
