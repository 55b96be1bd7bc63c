import { z } from "zod";

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

/** A rating of its JSON; nothing where another version wrote it. */
export function parseRating(json: string | undefined): readonly Rating[] {
  try {
    return [ratingSchema.parse(JSON.parse(json ?? ""))];
  } catch {
    return [];
  }
}
