import { BotError, type ClaimedEvent } from "@cria/bot-core";
import { checkAttachments } from "@cria/bot-core/attachments";
import type { App, types } from "@slack/bolt";
import { isUnreachable, slackError } from "../api/slack-errors.ts";
import { namesIn, placeAt, replyStarter, type SlackContext, type ThreadPlace } from "../context.ts";
import { escapeMrkdwn, withoutPings } from "../reply/message-text.ts";
import { attachmentsOf, besideAttachments } from "../text/files.ts";
import { filesOf } from "../text/readable-text.ts";
import { quotesOf, writtenIn } from "../text/surroundings.ts";
import { tellPrivately } from "./answer-command.ts";

const ASK = { shortcut: "ask_about", view: "ask_about", question: "question" } as const;
const MAX_QUESTION = 3_000;
const DEFAULT_QUESTION = "Explain this.";
/** Of the three seconds in which a modal may be opened. */
const READ_TIMEOUT_MS = 2_000;

const NOT_INVITED = "I cannot write where that message is. Invite me with /invite @cria, then try again.";
const NOTHING_THERE = "That message is gone, or has neither words nor files that I could read.";
const NOT_READ = "Slack did not show me that message, or did not take the question. Try again in a moment.";

const plain = (text: string) => ({ type: "plain_text", text }) as const;

/** The message shortcut "Ask Cria about this": a question about someone's message, answered in its thread. */
export function registerAskAbout(app: App, context: SlackContext): void {
  app.shortcut({ callback_id: ASK.shortcut, type: "message_action" }, async ({ ack, shortcut }) => {
    await ack();
    const { channel, message, user, trigger_id } = shortcut;
    const about: About = { channel: channel.id, ts: message.ts, threadTs: message.thread_ts };
    const author = await context.people.author(user.id);
    const refusal = context.core.refusal({ author, place: threadOf(context, about) });
    if (refusal !== undefined) return await tell(context, { ...about, userId: user.id }, trigger_id, refusal);
    const view = questionView(about);
    await context.client.uncounted(({ views }) => views.open({ trigger_id, view }));
  });
  app.view(ASK.view, async ({ ack, view, body }) => {
    await ack();
    const question = view.state.values[ASK.question]?.[ASK.question]?.value ?? DEFAULT_QUESTION;
    const { user } = body;
    const who = { userId: user.id, teamId: user.team_id };
    const asked: AskedInModal = { ...JSON.parse(view.private_metadata), question, ...who, viewId: view.id };
    const refusal = await ask(context, asked);
    if (refusal !== undefined && "trigger_id" in body) await tell(context, asked, String(body.trigger_id), refusal);
  });
}

/** The message that somebody asks about. */
interface About {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs?: string | undefined;
}

/** Where the answer goes. */
function threadOf(context: SlackContext, { channel, ts, threadTs = ts }: About): ThreadPlace {
  return { ...placeAt(context, channel, undefined), threadId: threadTs };
}

function questionView(about: About) {
  const element = {
    type: "plain_text_input",
    action_id: ASK.question,
    multiline: true,
    max_length: MAX_QUESTION,
    initial_value: DEFAULT_QUESTION,
  } as const;
  const label = plain("What do you want to know?");
  return {
    type: "modal",
    callback_id: ASK.view,
    private_metadata: JSON.stringify(about),
    title: plain("Ask about this"),
    submit: plain("Ask"),
    blocks: [{ type: "input", block_id: ASK.question, label, element }],
  } satisfies types.ModalView;
}

/** And who asks. */
interface Asked extends About {
  readonly userId: string;
}

interface AskedInModal extends Asked {
  readonly question: string;
  readonly teamId?: string | undefined;
  readonly viewId: string;
}

/** A modal reaches the person where the bot cannot write; where Slack took its time it can no longer be opened. */
async function tell(context: SlackContext, asked: Asked, triggerId: string, sentence: string): Promise<void> {
  const { channel: channelId, threadTs: threadId, userId } = asked;
  const blocks = [{ type: "section" as const, text: plain(sentence) }];
  const view = { type: "modal" as const, title: plain("Ask about this"), close: plain("Close"), blocks };
  try {
    await context.client.uncounted(({ views }) => views.open({ trigger_id: triggerId, view }));
  } catch (error) {
    context.logger.debug({ err: error }, "a refusal was not shown in a modal");
    await tellPrivately(context, { channelId, threadId }, userId, sentence);
  }
}

/** Claims a question and answers it; resolves to a sentence where it cannot. */
async function ask(context: SlackContext, asked: AskedInModal): Promise<string | undefined> {
  const eventId = `ask:${asked.viewId}`;
  const received = { eventId, messageId: eventId, place: threadOf(context, asked), raw: JSON.stringify(asked) };
  let refusal: string | undefined;
  await context.core.receive(received, async (claimed) => {
    refusal = await answerQuestion(context, claimed, asked);
  });
  return refusal;
}

/** Whether what was kept of an event is a question about a message, rather than a message. */
export function isQuestion(raw: string): boolean {
  return "viewId" in JSON.parse(raw);
}

/** Goes on with a question that another process had claimed. */
export async function recoverQuestion(context: SlackContext, claimed: ClaimedEvent): Promise<void> {
  const asked: AskedInModal = JSON.parse(claimed.event.raw);
  const refusal = await answerQuestion(context, claimed, asked, { looksFirst: true });
  const { channel: channelId, threadTs: threadId, userId } = asked;
  if (refusal !== undefined) await tellPrivately(context, { channelId, threadId }, userId, refusal);
}

/** `looksFirst` where the question may be shown already. */
async function answerQuestion(
  context: SlackContext,
  claimed: ClaimedEvent,
  asked: AskedInModal,
  { looksFirst = false } = {},
): Promise<string | undefined> {
  const { channel, ts, threadTs = ts, question, userId, teamId } = asked;
  const author = await context.people.author(userId);
  const place = threadOf(context, asked);
  const refusal = context.core.refusal({ place, author });
  if (refusal !== undefined) return refusal;
  try {
    const [about, names] = await Promise.all([askedAbout(context, asked), namesIn(context, channel)]);
    if (!about) return NOTHING_THERE;
    const line = withoutPings(`*${escapeMrkdwn(author.name)}* asks: ${escapeMrkdwn(question)}`);
    const shown = { channel, threadTs, id: claimed.event.eventId, text: line };
    const askedTs = await context.writer.messages.post(shown, { looksFirst });
    const asker = { userId, teamId, ts: askedTs };
    const message = { place, author, text: question, names, ...about };
    const begun = { questionTs: askedTs, ...(looksFirst && { handle: claimed.handle ?? "" }) };
    await claimed.answer(message, replyStarter(context, place, asker, begun));
    return undefined;
  } catch (error) {
    if (error instanceof BotError) return error.said;
    context.logger.warn({ err: error, channel }, "a question about a message was not asked");
    return isUnreachable(error) && slackError(error) !== "missing_scope" ? NOT_INVITED : NOT_READ;
  }
}

/**
 * What the message says, and its files; undefined where there is neither. Rejects where Slack does not tell in time, with a
 * `BotError` where nothing of it can be read.
 */
async function askedAbout(context: SlackContext, { channel, ts, threadTs = ts }: AskedInModal) {
  const message = await context.threads.message({ channel, threadTs, ts }, READ_TIMEOUT_MS);
  if (!message) return undefined;
  const quotes = await quotesOf(context, [writtenIn(context, { ...message, files: [] })]);
  const files = filesOf(message);
  // Where there are no words, a file is what is asked about.
  const hasWords = quotes.length > 0;
  const attachments = (hasWords ? besideAttachments : attachmentsOf)(files, context.fileAccess);
  if (!hasWords) checkAttachments(attachments);
  return hasWords || attachments.length > 0 ? { quotes, attachments } : undefined;
}
