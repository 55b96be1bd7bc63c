import { type Author, type Command, MODEL_STATES, nearMatches, type Place, shorten, within } from "@cria/bot-core";
import { type Model, ModelState } from "@cria/proto";
import type { App, types } from "@slack/bolt";
import { placeAt, type SlackContext } from "../context.ts";
import { escapeMrkdwn, withoutPings } from "../reply/message-text.ts";
import { markdownBlocks } from "../reply/reply-blocks.ts";

export const PICKER = { open: "model_open", choose: "model_choose", view: "model_picker" } as const;

/** Of a menu. */
const MAX_OPTIONS = 100;
const MAX_OPTION_TEXT = 75;
const MAX_OPTION_VALUE = 150;
/** Of the three seconds that Slack waits for a menu's options. */
const OPTIONS_TIMEOUT_MS = 2_000;

const plain = (text: string): types.PlainTextElement => ({ type: "plain_text", text });

/** A button that opens the picker for a place. */
export function pickerButton({ channelId, threadId }: Place): types.ActionsBlock {
  const value = JSON.stringify({ channelId, threadId });
  return {
    type: "actions",
    elements: [{ type: "button", action_id: PICKER.open, text: plain("Choose a model"), value }],
  };
}

/** A menu of the models; `min_query_length: 0` shows all before anything is typed. */
export function modelMenu(): types.ExternalSelect {
  return {
    type: "external_select",
    action_id: PICKER.choose,
    min_query_length: 0,
    placeholder: plain("Choose a model"),
  };
}

/** Where the choice will hold. */
interface PickerPlace {
  readonly channelId: string;
  readonly threadId?: string | undefined;
}

/** Why somebody may not choose a model there, which is for admins in places; undefined where they may. */
export function choiceRefusal({ core }: SlackContext, author: Author, place: Place): string | undefined {
  return core.refusal({ author, place, command: { type: "model", name: "default" } });
}

/** Opens the picker within three seconds of what triggered it. */
export async function openPicker({ client }: SlackContext, triggerId: string, place: PickerPlace): Promise<void> {
  const view = pickerView(place);
  await client.uncounted(({ views }) => views.open({ trigger_id: triggerId, view }));
}

function pickerView({ channelId, threadId }: PickerPlace): types.ModalView {
  const where = threadId === undefined ? "Answers in this channel come from" : "Answers in this thread come from";
  return {
    type: "modal",
    callback_id: PICKER.view,
    private_metadata: JSON.stringify({ channelId, threadId }),
    title: plain("Model"),
    submit: plain("Choose"),
    close: plain("Cancel"),
    blocks: [{ type: "input", block_id: PICKER.choose, label: plain(where), element: modelMenu() }],
  };
}

/** What a menu offers for what was typed: names that hold it, else names like it. */
function modelOptions(models: readonly Model[], typed: string): readonly types.PlainTextOption[] {
  const query = typed.trim().toLowerCase();
  const names = models.map(({ name }) => name);
  const holding = names.filter((name) => name.toLowerCase().includes(query));
  const wanted = new Set(holding.length > 0 ? holding : nearMatches(query, names));
  return models
    .filter(({ name }) => wanted.has(name) && name.length <= MAX_OPTION_VALUE)
    .slice(0, MAX_OPTIONS)
    .map(modelOption);
}

function modelOption({ name, description, state, error }: Model): types.PlainTextOption {
  const about = state === ModelState.BROKEN ? error : description;
  return {
    text: plain(shorten(`${name} (${MODEL_STATES[state]})`, MAX_OPTION_TEXT)),
    value: name,
    ...(about !== "" && { description: plain(shorten(about, MAX_OPTION_TEXT)) }),
  };
}

/** The picker: opened by buttons and `/cria model`, filled as one types, submitted. */
export function registerModelPicker(app: App, context: SlackContext): void {
  app.options(PICKER.choose, async ({ ack, options }) => {
    const models = await within(OPTIONS_TIMEOUT_MS, context.listModels()).catch(() => []);
    await ack({ options: [...modelOptions(models, options.value)] });
  });
  app.action(PICKER.open, async ({ ack, body, action }) => {
    await ack();
    if (body.type !== "block_actions" || action.type !== "button") return;
    const pressed: PickerPlace = JSON.parse(action.value ?? "{}");
    const place = placeAt(context, pressed.channelId, pressed.threadId);
    const refusal = choiceRefusal(context, await context.people.author(body.user.id), place);
    if (refusal === undefined) return await openPicker(context, body.trigger_id, pressed);
    const view = noticeView(refusal);
    await context.client.uncounted(({ views }) => views.open({ trigger_id: body.trigger_id, view }));
  });
  app.view(PICKER.view, async ({ ack, view, body }) => {
    const name = view.state.values[PICKER.choose]?.[PICKER.choose]?.selected_option?.value ?? "";
    await ack({ response_action: "update", view: noticeView("One moment…") });
    const { channelId, threadId } = JSON.parse(view.private_metadata);
    const place = placeAt(context, channelId, threadId);
    const answer = await switchModel(context, { eventId: `view:${view.id}`, place, userId: body.user.id, name });
    const notice = { view_id: view.id, view: noticeView(answer ?? "Done.") };
    await context.client.uncounted(({ views }) => views.update(notice));
  });
}

/** Sets a place's model as the command does, and says there who did; returns what to tell that person. */
export async function switchModel(
  context: SlackContext,
  { eventId, place, userId, name }: { eventId: string; place: Place; userId: string; name: string },
): Promise<string | undefined> {
  const author = await context.people.author(userId);
  const command: Command = { type: "model", name };
  let isRefused = false;
  const answer = await context.core.handleCommand({ eventId, place, author, command }, async (sentence) => {
    isRefused = true;
    return sentence;
  });
  if (answer !== undefined && !isRefused && !place.isDirect) await tellAll(context, place, { eventId, author, answer });
  return answer;
}

/** What one person chose is heard by all whom it concerns; where the bot cannot write, by nobody. */
async function tellAll(
  { writer, logger }: SlackContext,
  { channelId: channel, threadId: threadTs }: Place,
  { eventId: id, author, answer }: { eventId: string; author: Author; answer: string },
): Promise<void> {
  const text = withoutPings(`${author.name} chose the model. ${answer}`);
  const post = { channel, ...(threadTs !== undefined && { threadTs }), id, text, blocks: markdownBlocks(text) };
  await writer.messages.post(post).catch((error: unknown) => {
    logger.debug({ err: error, channel }, "who chose a model was not told");
  });
}

function noticeView(markdown: string): types.ModalView {
  const text = { type: "mrkdwn" as const, text: toMrkdwn(markdown).slice(0, 2_900) };
  return { type: "modal", title: plain("Model"), close: plain("Close"), blocks: [{ type: "section", text }] };
}

/** The core's Markdown in Slack's own writing, for views, which know no Markdown. */
export function toMrkdwn(markdown: string): string {
  return escapeMrkdwn(withoutPings(markdown)).replaceAll("**", "*").replace(/^- /gm, "• ");
}
