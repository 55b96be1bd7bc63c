import type { SlackContext } from "../context.ts";
import { placeOf, type SlackMessageEvent } from "./message-event.ts";

/**
 * Takes the cards away that Slack puts under a streamed reply for the links in it: a stream, other than a post, cannot be
 * asked to go without them. Nothing where they are wanted there.
 */
export async function takePreviewsAway(context: SlackContext, event: SlackMessageEvent): Promise<void> {
  const { subtype, message, channel } = event;
  if (subtype !== "message_changed" || message?.user !== context.botUserId || !hasPreviews(message.attachments)) return;
  try {
    const settings = await context.settings(placeOf({ ...message, channel }, context));
    if (settings.showsPreviews) return;
    await context.client.callNow("chat.update", { channel, ts: message.ts, attachments: [] });
  } catch (error) {
    context.logger.debug({ err: error }, "the previews of a reply's links were not taken away");
  }
}

function hasPreviews(attachments: unknown): boolean {
  return Array.isArray(attachments) && attachments.some((attachment) => attachment?.from_url !== undefined);
}
