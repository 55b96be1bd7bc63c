import {
  type BotCore,
  type Command,
  type IncomingCommand,
  parseCommand,
  shorten,
  splitMessage,
  within,
} from "@cria/bot-core";
import type { Model } from "@cria/proto";
import {
  type AutocompleteInteraction,
  type ChatInputCommandInteraction,
  MessageFlags,
  type SendableChannels,
} from "discord.js";
import type { Authors } from "../incoming/authors.ts";
import type { ChannelSettings } from "../incoming/channel-settings.ts";
import { authorOf, placeNames, placeOf } from "../incoming/place.ts";
import { gone, isAnswered } from "../reply/discord-errors.ts";
import type { Replies } from "../reply/replies.ts";
import { MAX_MESSAGE_LENGTH } from "../reply/reply-parts.ts";
import { DISCORD_WORDS } from "../words.ts";
import { commandWords, isLook } from "./command-words.ts";
import { isInTime } from "./first-answer.ts";
import { modelChoices } from "./model-choices.ts";

/** Discord waits 3 s for choices; without the service people type on by themselves. */
const MODELS_WAIT_MS = 2_000;
/** Follow-ups that a person's own app may send, and the first answer. */
const MAX_ANSWER_MESSAGES = 6;

/** For the one who asked alone. */
const EPHEMERAL = { flags: MessageFlags.Ephemeral } as const;

/** What people link to in a question or a persona needs no card under the bot's words. */
const NO_PREVIEWS = MessageFlags.SuppressEmbeds;

/** A command and the channel it was given in. */
type AskedCommand = IncomingCommand & { readonly channel: SendableChannels };

export interface SlashHandlerOptions {
  readonly core: BotCore;
  readonly listModels: () => Promise<readonly Model[]>;
  readonly replies: Replies;
  readonly authors: Authors;
  readonly settings: ChannelSettings;
}

/** Answers slash commands and completes their options. */
export class SlashHandler {
  readonly #options: SlashHandlerOptions;

  constructor(options: SlashHandlerOptions) {
    this.#options = options;
  }

  /** Deferred at once, so that Discord's three seconds hold however long the command takes. */
  async run(interaction: ChatInputCommandInteraction): Promise<void> {
    const read = this.#read(interaction);
    if (typeof read === "string")
      return void (await isInTime(interaction, interaction.reply({ content: read, ...EPHEMERAL })));
    const isPrivate = isLook(interaction);
    if (!(await isInTime(interaction, interaction.deferReply(isPrivate ? EPHEMERAL : {})))) return;
    const asked = { ...read, author: await this.#options.authors.of(interaction.user, interaction.member) };
    if (asked.command.type === "compare") await this.#compare(interaction, { ...asked, command: asked.command });
    else await this.#answer(interaction, asked, isPrivate);
  }

  /** Lists models, at most 25. */
  async complete(interaction: AutocompleteInteraction): Promise<void> {
    const models = await within(MODELS_WAIT_MS, this.#options.listModels()).catch(() => []);
    try {
      await interaction.respond(modelChoices(models, interaction.options.getFocused()));
    } catch (error) {
      if (!isAnswered(error)) throw error;
    }
  }

  /** What is asked for; a sentence where it cannot be done, as far as that is known at once, which in a direct message it is not. */
  #read(interaction: ChatInputCommandInteraction): AskedCommand | string {
    const { channel, id: eventId, user, member } = interaction;
    const place = channel && placeOf(channel);
    if (!place || !channel.isSendable()) return "I cannot answer in this kind of channel.";
    const command = parseCommand(commandWords(interaction), DISCORD_WORDS);
    const isCommand = !("error" in command);
    const asked = { eventId, place, author: authorOf(user, member), names: placeNames(channel), channel };
    const refusal = place.isDirect
      ? undefined
      : this.#options.core.refusal({ ...asked, ...(isCommand && { command }) });
    return refusal ?? (isCommand ? { ...asked, command } : command.error);
  }

  async #answer(interaction: ChatInputCommandInteraction, asked: AskedCommand, isPrivate: boolean): Promise<void> {
    const refuseAlone = isPrivate ? undefined : (sentence: string) => refuse(interaction, sentence);
    const text = await this.#options.core.handleCommand(asked, refuseAlone);
    this.#options.settings.forget();
    if (text === undefined) return;
    const [first = "Done.", ...more] = answerParts(text);
    await interaction.editReply({ content: first, flags: NO_PREVIEWS });
    const flags = isPrivate ? ([MessageFlags.Ephemeral, NO_PREVIEWS] as const) : NO_PREVIEWS;
    for (const content of more) await interaction.followUp({ content, flags });
  }

  /** The question stands above the two replies. */
  async #compare(
    interaction: ChatInputCommandInteraction,
    { channel, ...asked }: AskedCommand & { readonly command: Command & { readonly type: "compare" } },
  ): Promise<void> {
    const { core, replies } = this.#options;
    const { place, author, command } = asked;
    const heading = `**${command.models.join("** and **")}** answer:\n${quoted(command.text)}`;
    let isHeaded = false;
    const tell = (content: string) => interaction.followUp({ content, ...EPHEMERAL });
    const begin = replies.starter({ channel, place, questionId: undefined, authorId: author.id, tell });
    const refusal = await core.compare(asked, async (replyId, facts) => {
      if (!isHeaded) await interaction.editReply({ content: heading, flags: NO_PREVIEWS });
      isHeaded = true;
      return await begin(replyId, facts);
    });
    if (refusal !== undefined) await refuse(interaction, refusal);
  }
}

/** Takes back the answer that was begun for all: why there is none is for the one who asked. */
async function refuse(interaction: ChatInputCommandInteraction, sentence: string): Promise<undefined> {
  await gone(interaction.deleteReply());
  const [content = ""] = answerParts(sentence);
  await interaction.followUp({ content, ...EPHEMERAL });
}

function answerParts(text: string): readonly string[] {
  return splitMessage(text, { limit: MAX_MESSAGE_LENGTH }).slice(0, MAX_ANSWER_MESSAGES);
}

/** A question above the replies to it. */
function quoted(text: string): string {
  return shorten(text, 1_500).replace(/^/gm, "> ");
}
