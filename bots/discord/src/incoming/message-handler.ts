import { Arrivals, type BotCore, parseCommand, type SentMessage, splitMessage } from "@cria/bot-core";
import type { Message, PartialMessage } from "discord.js";
import type { Replies, ReplyPlace } from "../reply/replies.ts";
import { MAX_MESSAGE_LENGTH } from "../reply/reply-parts.ts";
import { DISCORD_WORDS } from "../words.ts";
import type { Authors } from "./authors.ts";
import { type Attention, isForBot, textOf, toIncomingMessage } from "./incoming-message.ts";
import { placeOf } from "./place.ts";

export interface MessageHandlerOptions extends Attention {
  readonly core: BotCore;
  readonly replies: Replies;
  readonly authors: Authors;
}

/** Where a message is answered. */
type QuestionPlace = ReplyPlace & { readonly questionId: string };

/** Answers messages, and hears of their edits and deletions. */
export class MessageHandler {
  readonly #options: MessageHandlerOptions;
  readonly #arrivals = new Arrivals();

  constructor(options: MessageHandlerOptions) {
    this.#options = options;
  }

  async onCreate(message: Message): Promise<void> {
    const { channel } = message;
    if (!channel.isSendable() || !isForBot(message, this.#options)) return;
    const incoming = await this.#arrivals.inOrder(channel.id, toIncomingMessage(message, this.#options.authors));
    if (!incoming) return;
    const { id } = message;
    const where = { channel, place: incoming.place, questionId: id, nonce: id, authorId: message.author.id };
    if (incoming.text.startsWith("/")) await this.#runCommand(incoming, where);
    else await this.#options.core.handleMessage(incoming, this.#options.replies.starter(where));
  }

  async onUpdate(old: Message | PartialMessage, message: Message): Promise<void> {
    const isChanged = old.partial || old.content !== message.content;
    const place = placeOf(message.channel);
    if (!place || !isChanged || !isForBot(message, this.#options)) return;
    await this.#options.core.handleEdit({ place, messageId: message.id, text: textOf(message) });
  }

  async onDelete(message: Message | PartialMessage): Promise<void> {
    this.#options.replies.giveUpMessage(message.id);
    const place = placeOf(message.channel);
    // Of a message from before this process the author is not known.
    if (!place || message.author?.bot) return;
    await this.#options.core.handleDeletion({ place, ids: [message.id] });
  }

  /** Commands work by words too: after a mention, and in direct messages. */
  async #runCommand(message: SentMessage, where: QuestionPlace): Promise<void> {
    const { core, replies } = this.#options;
    const { eventId, place, author, text } = message;
    // Who may not talk to the bot and does not call it talks to others.
    if (message.isOverheard && core.refusal({ place, author }) !== undefined) return;
    const command = parseCommand(text, DISCORD_WORDS);
    if ("error" in command) {
      const claim = await core.claim({ eventId, place, author });
      if (claim.type !== "taken") await say(where, claim.type === "refused" ? claim.sentence : command.error);
      return;
    }
    const incoming = { eventId, messageId: where.questionId, place, author, command };
    const isComparison = command.type === "compare";
    const answer = isComparison
      ? await core.compare(incoming, replies.starter(comparisonIn(where)))
      : await core.handleCommand(incoming);
    if (answer !== undefined) await say(where, answer);
  }
}

/** Two replies to one question: each has a nonce of its own. */
function comparisonIn({ nonce: _, ...where }: ReplyPlace): ReplyPlace {
  return where;
}

/** The nonce keeps a second process from saying the same. */
async function say({ channel, questionId }: QuestionPlace, text: string) {
  for (const [index, content] of splitMessage(text, { limit: MAX_MESSAGE_LENGTH }).entries()) {
    const reply = index === 0 && { reply: { messageReference: questionId } };
    await channel.send({ content, nonce: `${questionId}-${index}`, enforceNonce: true, ...reply });
  }
}
