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

/** What replies have under their words: figures, or how they ended. */
const SMALL_PRINT = /\n?^-# .*$/gm;

/**
 * All that people read in a message: its words, embeds, poll, stickers and text components, of a forward those of what it
 * passes on; not its files. "" for nothing. `reader`: who asks.
 */
export function readableText(message: ReadableMessage, reader: GuildMember | null): string {
  const texts = passedOn(message).map((one) => [
    plainWords(ownWords(one), namesIn(one, reader)),
    ownExtras(one, reader),
  ]);
  return lines(texts.flat());
}

/** What people read in a message besides its own words; of a forward, all. */
export function textBesideWords(message: ReadableMessage, reader: GuildMember | null): string {
  return message.messageSnapshots?.size ? readableText(message, reader) : ownExtras(message, reader);
}

/**
 * The message itself; of a forward, what it passes on, through forwards of forwards. discord.js gives the snapshot of a
 * forward as the message that was forwarded, where it knows that one, and writes the snapshot's words into it: a forward
 * may seem to have words and files of its own besides those it passes on.
 */
export function passedOn(message: ReadableMessage): readonly ReadableMessage[] {
  return message.messageSnapshots?.size ? [...message.messageSnapshots.values()].flatMap(passedOn) : [message];
}

function ownExtras(message: ReadableMessage, reader: GuildMember | null): string {
  const { embeds, poll, stickers, components } = message;
  const texts = [embeds.map(embedText), pollText(poll), stickers.map(({ name }) => `(sticker: ${name})`)].flat();
  return lines([...texts, ...componentTexts(components)].map((text) => plainWords(text, namesIn(message, reader))));
}

/** Names as the message has them. A forwarded one comes without some. */
export function namesIn({ mentions, guild }: ReadableMessage, reader: GuildMember | null): Names {
  return { mentions, guild, reader };
}

/** What the bot says of its replies is nothing that was said in them. */
function ownWords({ content, author, client }: ReadableMessage): string {
  return author?.id === client.user.id ? content.replace(SMALL_PRINT, "") : content;
}

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
