import { SlackRefusal } from "../api/slack-error.ts";

/** Most characters of `text` in a post; the rest is cut off without a word. */
const MAX_POST_LENGTH = 40_000;
/** Most escaped bytes of `text` in an update. */
const MAX_UPDATE_BYTES = 4_000;
/** Most characters of a `markdown_text` argument, of a `markdown` block, and of a stream as a whole. */
export const MAX_MARKDOWN_LENGTH = 12_000;
/** Most escaped bytes of all text in a message's blocks. */
export const MAX_BLOCKS_BYTES = 13_200;
export const MAX_MESSAGE_BLOCKS = 50;

/** Length as Slack stores it: UTF-8 with `&`, `<` and `>` as entities. */
export function escapedBytes(text: string): number {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return Buffer.byteLength(escaped);
}

/** A posted text as it is kept. */
export function cutPost(text: string): string {
  return text.slice(0, MAX_POST_LENGTH);
}

export function checkUpdateText(text: string): void {
  if (escapedBytes(text) > MAX_UPDATE_BYTES) throw new SlackRefusal("msg_too_long");
}

export function checkMarkdown(text: string): void {
  if (text.length > MAX_MARKDOWN_LENGTH) throw new SlackRefusal("msg_too_long");
}
