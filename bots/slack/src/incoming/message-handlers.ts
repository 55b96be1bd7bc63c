import type { App } from "@slack/bolt";
import { answerCommand, commandIn, mayBeCommand, tellPrivately } from "../commands/answer-command.ts";
import { placeAt, replyStarter, type SlackContext, type ThreadPlace } from "../context.ts";
import { attachmentsOf } from "./files.ts";
import { changeOf, isWritten, type MessageChange, placeOf, quotesOf, type SlackMessageEvent } from "./message-event.ts";
import { mentionedUsers, plainText } from "./plain-text.ts";

/** Mentions, direct messages, and threads that go on. */
export function registerMessages(app: App, context: SlackContext): void {
  // One mention comes as two events. The message is the better one: a mention may lack its files, or not come with them.
  // https://github.com/slackapi/bolt-python/issues/925
  app.event("app_mention", async ({ event }) => {
    if (!context.readsMessages) await answer(context, event as SlackMessageEvent);
  });
  app.event("message", async ({ event }) => await handleMessage(context, event as SlackMessageEvent));
}

async function handleMessage(context: SlackContext, event: SlackMessageEvent): Promise<void> {
  const change = changeOf(event);
  if (change) return await handleChange(context, change);
  if (event.user !== context.botUserId && isWritten(event) && (await isForBot(context, event)))
    await answer(context, event);
}

async function isForBot(context: SlackContext, event: SlackMessageEvent): Promise<boolean> {
  const { channel, channel_type, thread_ts, ts, text = "" } = event;
  if (channel_type === "im") return true;
  const mentioned = mentionedUsers(text);
  if (mentioned.includes(context.botUserId)) return true;
  // Among people it is polite not to answer what was put to someone else.
  if (!context.followsThreads || thread_ts === undefined || mentioned.length > 0) return false;
  return await context.threads.has(channel, thread_ts, ts);
}

async function answer(context: SlackContext, event: SlackMessageEvent): Promise<void> {
  const { user, channel, ts, thread_ts, text = "" } = event;
  if (user === undefined || !isWritten(event)) return;
  const words = plainText(text, context.botUserId, await context.people.names(mentionedUsers(text)));
  const eventId = `${channel}:${ts}`;
  const thread = placeOf(event, context.workspaceId);
  // For workspaces where Slack shows no stop button.
  if (thread_ts !== undefined && /^\/?stop[.!]?$/i.test(words)) return await stop(context, thread, user);
  if (await isUnbidden(context, event, { eventId, place: thread })) return;
  const command = commandIn(words, mayBeCommand(words) ? await modelNames(context) : []);
  if (command) {
    // Outside of threads a command is for the channel, though its answer comes in a thread.
    const place = placeAt(context, channel, thread_ts);
    return await answerCommand(context, { eventId, place, thread, userId: user, command });
  }
  const author = await context.people.author(user);
  const { quote, files } = await surroundings(context, event);
  const attachments = attachmentsOf([...(event.files ?? []), ...files], context.fileAccess);
  const message = { eventId, messageId: ts, place: thread, author, text: words, attachments, ...(quote && { quote }) };
  await context.core.handleMessage(message, replyStarter(context, thread, user));
}

/** Whether someone who may not talk to the bot talks to others beside it: they did not ask, so nothing is said. */
async function isUnbidden(
  { core, people, botUserId }: SlackContext,
  { user = "", text = "", channel_type }: SlackMessageEvent,
  { eventId, place }: { readonly eventId: string; readonly place: ThreadPlace },
): Promise<boolean> {
  if (channel_type === "im" || mentionedUsers(text).includes(botUserId)) return false;
  const claim = await core.claim({ eventId: `${eventId}:overheard`, place, author: await people.author(user) });
  return claim.type === "refused";
}

/** None where the service cannot be reached: what names models is a question then, and its answer says so. */
async function modelNames({ listModels }: SlackContext): Promise<readonly string[]> {
  const models = await listModels().catch(() => []);
  return models.map(({ name }) => name);
}

async function stop(context: SlackContext, place: ThreadPlace, user: string): Promise<void> {
  const refusal = await context.core.stopReplies({ place, author: await context.people.author(user) });
  if (refusal !== undefined) await tellPrivately(context, place, user, refusal);
}

/** What a message is about: messages shared with it, and the root of a thread that the bot is called into. */
async function surroundings(context: SlackContext, event: SlackMessageEvent) {
  const { channel, thread_ts, ts } = event;
  const shared = quotesOf(event);
  const root = thread_ts === undefined ? undefined : await unknownRoot(context, channel, thread_ts, ts);
  const quotes = [...(root?.text ? [root.text] : []), ...shared];
  const names = await context.people.names(quotes.flatMap(mentionedUsers));
  const quote = quotes.map((text) => plainText(text, context.botUserId, names)).join("\n\n");
  return { quote, files: root?.files ?? [] };
}

async function unknownRoot({ threads }: SlackContext, channel: string, threadTs: string, ts: string) {
  if (threads.hasJoined(channel, threadTs)) return undefined;
  const messages = await threads.messages(channel, threadTs);
  return threads.isIn(messages, ts) ? undefined : messages[0];
}

async function handleChange(context: SlackContext, { type, message }: MessageChange): Promise<void> {
  const place = placeOf(message, context.workspaceId);
  if (type === "deleted") return await context.core.handleDeletion({ place, messageId: message.ts });
  const { text = "" } = message;
  const words = plainText(text, context.botUserId, await context.people.names(mentionedUsers(text)));
  await context.core.handleEdit({ place, messageId: message.ts, text: words });
}
