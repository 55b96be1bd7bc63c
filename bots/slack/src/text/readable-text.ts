import { blocksText, lines, type Part, parts, textOf } from "./block-text.ts";
import type { SlackFile } from "./files.ts";

/** A message as events and lists show it, or one that is shared in another. */
export interface ReadableMessage {
  readonly text?: string;
  readonly bot_id?: string;
  readonly blocks?: unknown;
  readonly attachments?: unknown;
  readonly files?: readonly SlackFile[];
}

/** Messages shared within one another. */
const MAX_DEPTH = 4;

/**
 * All that people read in a message, in Slack's own writing: its words, what another app put into blocks and attachments, and
 * the messages that are shared in it. Not the previews of links, nor files; "" for nothing.
 */
export function readableText(message: ReadableMessage): string {
  return lines([ownText(message), sharedText(message)]);
}

/** Its words alone. An app's `text` is what notifications show; people read its blocks. */
export function ownText({ text = "", bot_id, blocks }: ReadableMessage): string {
  if (bot_id === undefined && text !== "") return text;
  return blocksText(blocks) || text;
}

/** What somebody wrote, in Slack's own writing, and what is known of them. */
export interface WrittenText {
  readonly text: string;
  readonly userId?: string | undefined;
  /** As the message itself has it. */
  readonly name?: string | undefined;
}

/** What stands under its words, with whose messages are shared there. */
export function sharedTexts({ attachments }: ReadableMessage): readonly WrittenText[] {
  return parts(attachments)
    .filter(isSaid)
    .map((attachment) => ({ ...authorOf(attachment), text: attachmentText(attachment, 0) }))
    .filter(({ text }) => text !== "");
}

function sharedText(message: ReadableMessage): string {
  return sharedTexts(message)
    .map(({ text }) => text)
    .join("\n\n");
}

/** Of a shared message. Any other attachment says of itself what it says of an author. */
function authorOf(attachment: Part): Omit<WrittenText, "text"> {
  if (!isMessage(attachment)) return {};
  const id = textOf(attachment.author_id);
  // An app has an id of another kind.
  return { userId: /^[UW]/.test(id) ? id : undefined, name: textOf(attachment.author_name) || undefined };
}

/** Its files, and those of the messages that are shared in it. */
export function filesOf(message: ReadableMessage): readonly SlackFile[] {
  return [...(message.files ?? []), ...sharedFiles(message)];
}

/** Files of the messages that are shared in it. */
export function sharedFiles({ attachments }: ReadableMessage): readonly SlackFile[] {
  return parts(attachments)
    .filter(isSaid)
    .flatMap((attachment) => attachmentFiles(attachment, 0));
}

/** The bot's own words in a message of its own: what stands under them, as figures, is nothing that was said. */
export function spokenText({ text = "", blocks }: ReadableMessage): string {
  return blocksText(parts(blocks).filter(({ type }) => type !== "context")) || text;
}

/** Of a message that may be a bot's: where there are buttons, small print stands above them. */
function spokenBlocks(blocks: unknown): readonly Part[] {
  const all = parts(blocks);
  const isReply = all.some(({ type }) => type === "actions" || type === "context_actions");
  return isReply ? all.filter(({ type }) => type !== "context") : all;
}

/** A preview says what somebody else's page says. */
function isSaid(attachment: Part): boolean {
  return isMessage(attachment) || (attachment.from_url === undefined && attachment.original_url === undefined);
}

const isMessage = ({ is_share, is_msg_unfurl }: Part) => is_share === true || is_msg_unfurl === true;

function attachmentText(attachment: Part, depth: number): string {
  const { pretext, title, fields, attachments, fallback, footer } = attachment;
  const said = lines([
    textOf(pretext),
    textOf(title),
    attachmentWords(attachment),
    ...parts(fields).map((field) => joined(textOf(field.title), textOf(field.value))),
    // Under a message Slack itself says where it is from.
    isMessage(attachment) ? "" : textOf(footer),
    ...(depth < MAX_DEPTH ? parts(attachments).map((inner) => attachmentText(inner, depth + 1)) : []),
  ]);
  return said || textOf(fallback);
}

/** Of a shared message its blocks, where Slack has them. */
function attachmentWords({ text, blocks, message_blocks }: Part): string {
  const messages = parts(message_blocks).map(({ message }) => spokenBlocks((message as Part | undefined)?.blocks));
  return lines([...messages, parts(blocks)].map(blocksText)) || textOf(text);
}

function attachmentFiles({ files, attachments }: Part, depth: number): readonly SlackFile[] {
  if (depth >= MAX_DEPTH) return [];
  const nested = parts(attachments).flatMap((inner) => attachmentFiles(inner, depth + 1));
  return [...(parts(files) as readonly SlackFile[]), ...nested];
}

const joined = (title: string, value: string) => (title !== "" && value !== "" ? `${title}: ${value}` : title || value);
