import type { App } from "@slack/bolt";
import type { SlackContext } from "../context.ts";
import { handleChange } from "./changes.ts";
import { changeOf, type SlackMessageEvent } from "./message-event.ts";
import { takePreviewsAway } from "./previews.ts";
import { receive } from "./receive.ts";

/** Mentions, direct messages, threads that go on, and what becomes of them. */
export function registerMessages(app: App, context: SlackContext): void {
  // One mention comes as two events. The message is the better one: a mention may lack its files, or not come with them.
  // https://github.com/slackapi/bolt-python/issues/925
  app.event("app_mention", async ({ event, context: { acknowledge } }) => {
    if (!context.readsMessages) await receive(context, event as SlackMessageEvent, { onClaimed: acknowledge });
  });
  app.event("message", async ({ event, context: { acknowledge } }) => {
    const message = event as SlackMessageEvent;
    const change = changeOf(message);
    if (change) return await handleChange(context, change);
    await receive(context, message, { onClaimed: acknowledge });
    await takePreviewsAway(context, message);
  });
}
