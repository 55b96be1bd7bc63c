import type { Rating } from "./feedback.ts";

/** One example as Stanford Alpaca's data has it. */
export interface AlpacaExample {
  readonly instruction: string;
  readonly input: string;
  readonly output: string;
}

/**
 * The replies that people liked, as Alpaca examples: of each person the last rating of a reply counts, and more must have
 * liked it than not. Ratings are in the order of their time.
 */
export function toAlpaca(ratings: Iterable<Rating>): readonly AlpacaExample[] {
  const replies = new Map<string, { last: Rating; votes: Map<string, number> }>();
  for (const rating of ratings) {
    const key = `${rating.conversation} ${rating.replyId}`;
    const reply = replies.get(key) ?? { last: rating, votes: new Map() };
    reply.votes.set(rating.authorId, rating.rating === "up" ? 1 : -1);
    replies.set(key, { ...reply, last: rating });
  }
  return [...replies.values()].filter(isLiked).map(({ last }) => toExample(last));
}

function isLiked({ votes }: { readonly votes: ReadonlyMap<string, number> }): boolean {
  return [...votes.values()].reduce((sum, vote) => sum + vote, 0) > 0;
}

function toExample({ question, context, reply }: Rating): AlpacaExample {
  return { instruction: question, input: context, output: reply };
}
