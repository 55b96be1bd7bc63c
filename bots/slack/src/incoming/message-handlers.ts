import { Arrivals, type Author, commandIn, isStopWord, mayBeCommand } from "@cria/bot-core";
import type { App } from "@slack/bolt";
import { answerCommand, tellPrivately } from "../commands/answer-command.ts";
import { placeAt, replyStarter, type SlackContext, type ThreadPlace } from "../context.ts";
import { SLACK_WORDS } from "../words.ts";
import { changeOf, isWritten, type MessageChange, placeOf, type SlackMessageEvent } from "./message-event.ts";
import { mentionedUsers, plainText } from "./plain-text.ts";
import { surroundings } from "./surroundings.ts";

/** What is to be done about an event, once it is known. */
type Deed = () => Promise<void>;

/** Mentions, direct messages, and threads that go on. */
export function registerMessages(app: App, context: SlackContext): void {
  const arrivals = new Arrivals();
  const handle = async (event: SlackMessageEvent) => {
    const { channel, ts, thread_ts = ts } = changeOf(event)?.message ?? event;
    const deed = await arrivals.inOrder(`${channel}:${thread_ts}`, lookUp(context, event));
    await deed?.();
  };
  // One mention comes as two events. The message is the better one: a mention may lack its files, or not come with them.
  // https://github.com/slackapi/bolt-python/issues/925
  app.event("app_mention", async ({ event }) => {
    if (!context.readsMessages) await handle(event as SlackMessageEvent);
  });
  app.event("message", async ({ event }) => await handle(event as SlackMessageEvent));
}

async function lookUp(context: SlackContext, event: SlackMessageEvent): Promise<Deed | undefined> {
  const change = changeOf(event);
  if (change) return await lookUpChange(context, change);
  const isForeign = event.user !== context.botUserId && isWritten(event);
  return isForeign && (await isForBot(context, event)) ? await lookUpMessage(context, event) : undefined;
}

async function isForBot(context: SlackContext, event: SlackMessageEvent): Promise<boolean> {
  const { channel, thread_ts, ts, text = "" } = event;
  if (!isOverheard(context, event)) return true;
  // Among people it is polite not to answer what was put to someone else. The root of a thread names its own timestamp.
  if (thread_ts === undefined || thread_ts === ts || mentionedUsers(text).length > 0) return false;
  return (context.followsThreads || isStopWord(text)) && (await context.threads.has(channel, thread_ts, ts));
}

/** Whether the bot is not named, so that others may be meant. */
function isOverheard({ botUserId }: SlackContext, { channel_type, text = "" }: SlackMessageEvent): boolean {
  return channel_type !== "im" && !mentionedUsers(text).includes(botUserId);
}

async function lookUpMessage(context: SlackContext, event: SlackMessageEvent): Promise<Deed | undefined> {
  const { user = "", channel, ts, thread_ts, text = "" } = event;
  const { core, people, botUserId } = context;
  const [names, author] = await Promise.all([people.names(mentionedUsers(text)), people.author(user)]);
  const words = plainText(text, botUserId, names);
  const asked = { eventId: `${botUserId}:${channel}:${ts}`, messageId: ts, author };
  const thread = placeOf(event, context);
  // For workspaces where Slack shows no stop button.
  const isStop = thread_ts !== undefined && isStopWord(words);
  const command =
    !isStop && commandIn(words, { models: mayBeCommand(words) ? await modelNames(context) : [], words: SLACK_WORDS });
  const asker = { userId: user, teamId: event.user_team, ts };
  const hears = isOverheard(context, event);
  if (!isStop && !command) {
    const about = await surroundings(context, event);
    const message = { ...asked, place: thread, text: words, isOverheard: hears, ...about };
    return () => core.handleMessage(message, replyStarter(context, thread, asker));
  }
  // Someone who may not talk to the bot talks to others beside it: they did not ask, so nothing is said.
  if (hears && core.refusal({ author, place: thread }) !== undefined) return undefined;
  if (!command) return () => stop(context, thread, author);
  // Outside of threads a command is for the channel, though its answer comes in a thread.
  return () =>
    answerCommand(context, { ...asked, place: placeAt(context, channel, thread_ts), thread, asker, command });
}

/** None where the service cannot be reached: what names models is a question then, and its answer says so. */
async function modelNames({ listModels }: SlackContext): Promise<readonly string[]> {
  const models = await listModels().catch(() => []);
  return models.map(({ name }) => name);
}

async function stop(context: SlackContext, place: ThreadPlace, author: Author): Promise<void> {
  const refusal = await context.core.stopReplies({ place, author });
  if (refusal !== undefined) await tellPrivately(context, place, author.id, refusal);
}

async function lookUpChange(context: SlackContext, change: MessageChange): Promise<Deed | undefined> {
  const { core, people, botUserId } = context;
  const { ts: messageId, text = "" } = change.message;
  const place = placeOf(change.message, context);
  if (change.type === "deleted") return () => core.handleDeletion({ place, ids: [messageId] });
  if (!(await isOrWasForBot(context, change))) return undefined;
  const words = plainText(text, botUserId, await people.names(mentionedUsers(text)));
  return () => core.handleEdit({ place, messageId, text: words });
}

/** What people change among themselves is nothing to the bot, nor to the memory that all its processes share. */
async function isOrWasForBot(
  context: SlackContext,
  { message, before }: MessageChange & { readonly type: "edited" },
): Promise<boolean> {
  return (before !== undefined && (await isForBot(context, before))) || (await isForBot(context, message));
}
