import type { Json } from "./blocks.ts";
import { type Message, shownText } from "./world.ts";

/** The cards that Slack puts under a message for the links in it, unless it was posted without. */
export function previewsOf(message: Message): readonly Json[] {
  if (!message.hasPreviews) return [];
  const links = shownText(message).match(/https?:\/\/[^\s<>|)]+/g) ?? [];
  return links.map((url, index) => ({
    id: index + 1,
    from_url: url,
    original_url: url,
    title: "A page",
    fallback: url,
  }));
}
