import { type Author, type ConversationSettings, modelInUse, shorten } from "@cria/bot-core";
import type { Model } from "@cria/proto";
import type { App, BlockAction, types } from "@slack/bolt";
import { placeAt, type SlackContext } from "../context.ts";
import { escapeMrkdwn, withoutPings } from "../reply/message-text.ts";
import { contextBlock } from "../reply/reply-blocks.ts";
import { choiceRefusal, modelMenu, PICKER, switchModel, toMrkdwn } from "./model-picker.ts";
import { type SharedChannel, sharedChannels } from "./shared-channels.ts";

/** Channels that the Home tab lists. */
const MAX_CHANNELS = 40;
/** Characters shown of a persona. */
const MAX_PERSONA = 200;
const BLOCK_PREFIX = "home:";
/** What Slack suggests in a direct message. */
const PROMPTS = [
  { title: "What can you do?", message: "help" },
  { title: "Which models are there?", message: "model" },
  { title: "Summarise a text", message: "Summarise this text in three sentences: " },
  { title: "How are you set up here?", message: "status" },
];

/** The Home tab: what is set in the channels that someone shares with the bot and may talk to it in, and a menu of models for each. */
export function registerHome(app: App, context: SlackContext): void {
  app.event("app_home_opened", async ({ event }) => {
    if (event.tab === "home") return await publishHome(context, event.user, undefined);
    const suggested = { channel_id: event.channel, prompts: PROMPTS };
    await context.client.uncounted(({ assistant }) => assistant.threads.setSuggestedPrompts(suggested));
  });
  app.action({ action_id: PICKER.choose, type: "block_actions" }, async ({ ack, body, action }) => {
    await ack();
    if (action.type !== "external_select" || !action.block_id.startsWith(BLOCK_PREFIX)) return;
    const { trigger_id, user } = body as BlockAction;
    const place = placeAt(context, action.block_id.slice(BLOCK_PREFIX.length), undefined);
    const name = action.selected_option?.value ?? "";
    const answer = await switchModel(context, { eventId: `home:${trigger_id}`, place, userId: user.id, name });
    await publishHome(context, user.id, answer);
  });
}

async function publishHome(context: SlackContext, userId: string, notice: string | undefined): Promise<void> {
  const [models, author, shared] = await Promise.all([
    context.listModels().catch(() => []),
    context.people.author(userId),
    sharedChannels(context.client, userId).catch((error: unknown) => {
      context.logger.warn({ err: error }, "the channels of a Home tab are not known");
      return undefined;
    }),
  ]);
  const mayTalkIn = ({ id }: SharedChannel) => {
    return context.core.refusal({ author, place: placeAt(context, id, undefined) }) === undefined;
  };
  const open = shared?.filter(mayTalkIn) ?? [];
  const shown = open.slice(0, MAX_CHANNELS);
  const sections = await Promise.all(shown.map((channel) => channelSection(context, { channel, author, models })));
  const intro = "Mention me in a channel or write to me directly. `/cria help` lists what else I can do.";
  const blocks: types.AnyBlock[] = [
    { type: "header", text: { type: "plain_text", text: "What is set in your channels" } },
    { type: "section", text: { type: "mrkdwn", text: intro } },
    ...(notice === undefined ? [] : [contextBlock(toMrkdwn(notice))]),
    ...(models.length === 0 ? [contextBlock("⚠️ The model service cannot be reached just now.")] : []),
    ...sections,
    ...whatIsLeftOut({ numShared: shared?.length, numOpen: open.length }),
  ];
  const home = { user_id: userId, view: { type: "home" as const, blocks } };
  await context.client.uncounted(({ views }) => views.publish(home));
}

/** Why channels are missing; `numShared` is undefined where Slack does not tell. */
function whatIsLeftOut({ numShared, numOpen }: { readonly numShared: number | undefined; readonly numOpen: number }) {
  if (numShared === undefined) return [contextBlock("⚠️ Slack does not list the channels that we share just now.")];
  if (numShared === 0) return [contextBlock("We share no channel yet: invite me with `/invite @cria`.")];
  if (numOpen === 0)
    return [contextBlock("You may not talk to me in any channel that we share; whoever runs me can allow it.")];
  if (numOpen <= MAX_CHANNELS) return [];
  return [contextBlock(`${numOpen - MAX_CHANNELS} more channels are not shown: \`/cria status\` there tells of each.`)];
}

async function channelSection(
  context: SlackContext,
  { channel, author, models }: { channel: SharedChannel; author: Author; models: readonly Model[] },
): Promise<types.SectionBlock> {
  const place = placeAt(context, channel.id, undefined);
  const settings = await context.settings(place).catch(() => ({}));
  const name = `#${channel.name ?? channel.id}`;
  return {
    type: "section",
    block_id: BLOCK_PREFIX + channel.id,
    text: { type: "mrkdwn", text: `*${escapeMrkdwn(name)}*\n${escapeMrkdwn(describe(settings, models))}` },
    ...(choiceRefusal(context, author, place) === undefined && { accessory: modelMenu() }),
  };
}

/** The model, and what else was set, as "big · context off · persona: You are brief." */
function describe({ model, contextMode, window, system }: ConversationSettings, models: readonly Model[]): string {
  const facts = [
    whatAnswers(models, model),
    contextMode && `context ${contextMode}`,
    window !== undefined && `${window} rounds`,
    system !== undefined && `persona: ${shorten(system, MAX_PERSONA)}`,
  ];
  return withoutPings(facts.filter(Boolean).join(" · "));
}

/** Of models that are known; one that is set may be gone. */
function whatAnswers(models: readonly Model[], name: string | undefined): string {
  if (models.length === 0) return name ?? "the default";
  const { model, note } = modelInUse(models, name);
  return note ?? (name === undefined ? `${model.name} (default)` : name);
}
