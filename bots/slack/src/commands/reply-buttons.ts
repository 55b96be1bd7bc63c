import type { Author } from "@cria/bot-core";
import type { App, BlockAction, types } from "@slack/bolt";
import { placeAt, replyStarter, type SlackContext, type ThreadPlace } from "../context.ts";
import { fallbackText } from "../reply/message-text.ts";
import { ACTIONS } from "../reply/reply-blocks.ts";
import type { OlderReply } from "../reply/slack-reply.ts";
import { tellPrivately } from "./answer-command.ts";

/** Regenerate, Continue, 👍 and 👎 under a reply; Slack's own stop button beside it. */
export function registerReplyButtons(app: App, context: SlackContext): void {
  for (const [actionId, act] of [
    [ACTIONS.regenerate, context.core.regenerate],
    [ACTIONS.continue, context.core.continueReply],
  ] as const) {
    app.action(actionId, async ({ ack, body, action }) => {
      await ack();
      const pressed = pressedIn(context, body as BlockAction);
      if (!pressed || action.type !== "button") return;
      const { user, message } = body as BlockAction;
      const author = await context.people.author(user.id);
      if (!(await isFirst(context, body as BlockAction, { place: pressed, author }))) return;
      const asker = { userId: user.id, teamId: user.team_id, ts: String(message?.ts) };
      const startReply = replyStarter(context, pressed, asker, { replaces: buttonsOf(context, body as BlockAction) });
      const refusal = await act({ place: pressed, author, replyId: action.value ?? "" }, startReply);
      if (refusal !== undefined) await tellPrivately(context, pressed, body.user.id, refusal);
    });
  }
  registerFeedback(app, context);
  registerStop(app, context);
}

/** A request that comes again has the same trigger. */
async function isFirst(
  { core }: SlackContext,
  { trigger_id }: BlockAction,
  pressed: { readonly place: ThreadPlace; readonly author: Author },
): Promise<boolean> {
  return (await core.claim({ eventId: `trigger:${trigger_id}`, ...pressed })).type !== "taken";
}

/** The new reply answers the same question: once it shows anything, what stands under the old one can do nothing any more. */
function buttonsOf(context: SlackContext, pressed: BlockAction): OlderReply {
  const blocks: readonly types.AnyBlock[] = pressed.message?.blocks ?? [];
  const others = blocks.filter(({ type }) => type !== "actions" && type !== "context_actions");
  return {
    onShown: () => void showBlocks(context, pressed, others),
    onDiscarded: () => void showBlocks(context, pressed, blocks),
  };
}

/** Decoration: nobody has to wait for it. */
async function showBlocks(
  { client, logger }: SlackContext,
  { channel, message }: BlockAction,
  blocks: readonly types.AnyBlock[],
): Promise<void> {
  const { ts, text = "" } = message as { ts: string; text?: string };
  try {
    await client.call("chat.update", { channel: channel?.id, ts, text: fallbackText(text), blocks });
  } catch (error) {
    logger.debug({ err: error }, "the buttons of an old reply were not changed");
  }
}

function registerFeedback(app: App, context: SlackContext): void {
  app.action(ACTIONS.feedback, async ({ ack, body, action }) => {
    await ack();
    const pressed = pressedIn(context, body as BlockAction);
    const [rating, replyId = ""] = ("value" in action ? String(action.value) : "").split(":");
    if (!pressed || (rating !== "up" && rating !== "down")) return;
    const author = await context.people.author(body.user.id);
    if (!(await isFirst(context, body as BlockAction, { place: pressed, author }))) return;
    const refusal = await context.core.giveFeedback({ place: pressed, author, replyId, rating });
    if (refusal !== undefined) await tellPrivately(context, pressed, body.user.id, refusal);
  });
}

function registerStop(app: App, context: SlackContext): void {
  app.event("agent_session_stopped", async ({ event }) => {
    const place = placeAt(context, event.channel, event.thread_ts);
    await context.core.stopReply({ place, author: await context.people.author(event.user) });
  });
}

/** Where a button was pressed; undefined outside a message. */
function pressedIn(context: SlackContext, { channel, message }: BlockAction): ThreadPlace | undefined {
  if (!channel || !message) return undefined;
  const threadId = String(message.thread_ts ?? message.ts);
  return { ...placeAt(context, channel.id, undefined), threadId };
}
