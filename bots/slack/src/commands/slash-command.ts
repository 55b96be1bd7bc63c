import { type Author, type Command, parseCommand } from "@cria/bot-core";
import type { App, RespondFn, SlashCommand } from "@slack/bolt";
import { slackError } from "../api/slack-errors.ts";
import { namesIn, placeAt, replyStarter, type SlackContext } from "../context.ts";
import { escapeMrkdwn, withoutPings } from "../reply/message-text.ts";
import { SLACK_WORDS } from "../words.ts";
import { answerMessages } from "./answer-command.ts";
import { choiceRefusal, openPicker } from "./model-picker.ts";

/** Uses of a response URL. */
const MAX_RESPONSES = 5;

/** `/cria …`. Slack has no slash commands in threads: what is set holds for the channel. */
export function registerSlashCommand(app: App, context: SlackContext): void {
  app.command("/cria", async ({ ack, command, respond }) => {
    await ack();
    const answer = await runSlashCommand(context, command);
    if (answer !== undefined) await tell(respond, answer);
  });
}

async function runSlashCommand(context: SlackContext, slash: SlashCommand): Promise<string | undefined> {
  const command = parseCommand(slash.text.trim() || "help", SLACK_WORDS);
  const place = placeAt(context, slash.channel_id, undefined);
  const author = await context.people.author(slash.user_id);
  // A request that comes again has the same trigger.
  const claim = await context.core.claim({ eventId: `trigger:${slash.trigger_id}`, place, author });
  if (claim.type !== "claimed") return claim.type === "refused" ? claim.sentence : undefined;
  if ("error" in command) return command.error;
  const asksForMenu = command.type === "model" && command.name === undefined;
  if (asksForMenu && choiceRefusal(context, author, place) === undefined) {
    await openPicker(context, slash.trigger_id, place);
    return undefined;
  }
  const incoming = { eventId: `slash:${slash.trigger_id}`, place, author, command };
  if (command.type === "compare") return await compareInThread(context, slash, { ...incoming, command });
  const answer = await context.core.handleCommand(incoming);
  context.openChannels.forget();
  return answer;
}

/** Two replies need a thread, so the question is posted first. */
async function compareInThread(
  context: SlackContext,
  { user_id: userId, team_id: teamId, channel_id: channel }: SlashCommand,
  incoming: {
    eventId: string;
    place: ReturnType<typeof placeAt>;
    author: Author;
    command: Command & { type: "compare" };
  },
): Promise<string | undefined> {
  const { models, text } = incoming.command;
  const refusal = context.core.refusal(incoming);
  if (refusal !== undefined) return refusal;
  const line = `*${escapeMrkdwn(incoming.author.name)}* compares ${models.map(escapeMrkdwn).join(" and ")}:\n>${escapeMrkdwn(text)}`;
  try {
    const question = { channel, id: incoming.eventId, text: withoutPings(line).slice(0, 3_000) };
    const messageId = await context.writer.messages.post(question);
    const place = { ...incoming.place, threadId: messageId };
    const asked = { ...incoming, messageId, place, names: await namesIn(context, channel) };
    const refusal = await context.core.compare(asked, replyStarter(context, place, { userId, teamId, ts: messageId }));
    if (refusal !== undefined) await takeBack(context, { channel, ts: messageId });
    return refusal;
  } catch (error) {
    if (["not_in_channel", "channel_not_found"].includes(slackError(error) ?? ""))
      return "I am not in this channel. Invite me with `/invite @cria`, then try again.";
    context.logger.warn({ err: error, channel }, "the question of a comparison was not shown");
    return "Slack did not take the question just now. Try again in a moment.";
  }
}

/** A question that nobody answers. */
async function takeBack({ client, logger }: SlackContext, question: { channel: string; ts: string }): Promise<void> {
  await client.call("chat.delete", question).catch((error: unknown) => {
    logger.warn({ err: error, ...question }, "the question of a comparison was not taken back");
  });
}

async function tell(respond: RespondFn, text: string): Promise<void> {
  for (const { fallback, blocks } of answerMessages(text).slice(0, MAX_RESPONSES))
    await respond({ response_type: "ephemeral", text: fallback, blocks: [...blocks] });
}
