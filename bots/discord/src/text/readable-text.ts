import {
  type APIMessageComponent,
  ComponentType,
  type Embed,
  type GuildMember,
  type Message,
  type MessageSnapshot,
  type Poll,
  type TopLevelComponent,
} from "discord.js";
import { type Names, plainWords } from "./plain-words.ts";

/** A message, or what is forwarded in one. */
export type ReadableMessage = Message | MessageSnapshot;

/** Forwards within one another. */
const MAX_DEPTH = 3;
/** What replies have under their words: figures, or how they ended. */
const SMALL_PRINT = /\n?^-# .*$/gm;

/**
 * All that people read in a message: its words, embeds, poll, stickers and text components, and those of messages that are
 * forwarded in it; not its files. "" for nothing. `reader`: who asks.
 */
export function readableText(message: ReadableMessage, reader: GuildMember | null): string {
  const names = namesIn(message, reader);
  return lines([plainWords(ownWords(message), names), textBesideWords(message, reader)]);
}

/** What people read in a message besides its own words. */
export function textBesideWords(message: ReadableMessage, reader: GuildMember | null, depth = 0): string {
  const { embeds, poll, stickers, components, messageSnapshots } = message;
  const texts = [
    ...embeds.map(embedText),
    pollText(poll),
    ...stickers.map(({ name }) => `(sticker: ${name})`),
    ...componentTexts(components),
  ].map((text) => plainWords(text, namesIn(message, reader)));
  const forwarded = depth < MAX_DEPTH ? [...(messageSnapshots?.values() ?? [])] : [];
  return lines([...texts, ...forwarded.map(forwardText(reader, depth))]);
}

/** Names as the message has them. A forwarded one comes without some. */
export function namesIn({ mentions, guild }: ReadableMessage, reader: GuildMember | null): Names {
  return { mentions, guild, reader };
}

/** What the bot says of its replies is nothing that was said in them. */
function ownWords({ content, author, client }: ReadableMessage): string {
  return author?.id === client.user.id ? content.replace(SMALL_PRINT, "") : content;
}

const forwardText = (reader: GuildMember | null, depth: number) => (forwarded: MessageSnapshot) =>
  lines([plainWords(forwarded.content, namesIn(forwarded, reader)), textBesideWords(forwarded, reader, depth + 1)]);

function embedText({ author, title, description, fields, footer }: Embed): string {
  const said = fields.map(({ name, value }) => `${name}: ${value}`);
  return lines([author?.name, title, description, ...said, footer?.text]);
}

function pollText(poll: Poll | null): string {
  if (!poll) return "";
  const answers = poll.answers.map(({ emoji, text }) => `- ${[emoji?.name, text].filter(Boolean).join(" ")}`);
  return lines([poll.question.text, ...answers]);
}

function componentTexts(components: readonly TopLevelComponent[]): readonly string[] {
  return components.flatMap((component) => textsIn(component.toJSON() as APIMessageComponent));
}

/** Texts of a component and of those within it. */
function textsIn(component: APIMessageComponent): readonly string[] {
  if (component.type === ComponentType.TextDisplay) return [component.content];
  return "components" in component ? (component.components as APIMessageComponent[]).flatMap(textsIn) : [];
}

function lines(texts: readonly (string | null | undefined)[]): string {
  return texts.filter((text) => text?.trim()).join("\n");
}
