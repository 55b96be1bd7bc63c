import { type BotCore, parseCommand, splitMessage, within } from "@cria/bot-core";
import type { Model } from "@cria/proto";
import { type AutocompleteInteraction, type ChatInputCommandInteraction, MessageFlags } from "discord.js";
import type { Logger } from "pino";
import type { Authors } from "../incoming/authors.ts";
import { placeOf } from "../incoming/place.ts";
import { isAnswered } from "../reply/discord-errors.ts";
import type { Replies } from "../reply/replies.ts";
import { MAX_MESSAGE_LENGTH } from "../reply/reply-parts.ts";
import { commandWords, isLook } from "./command-words.ts";
import { modelChoices } from "./model-choices.ts";

/** Discord waits 3 s for choices; without the service people type on by themselves. */
const MODELS_WAIT_MS = 2_000;
/** Follow-ups that a person's own app may send, and the first answer. */
const MAX_ANSWER_MESSAGES = 6;

export interface SlashHandlerOptions {
  readonly core: BotCore;
  readonly listModels: () => Promise<readonly Model[]>;
  readonly replies: Replies;
  readonly authors: Authors;
  readonly logger: Logger;
}

/** Answers slash commands and completes their options. */
export class SlashHandler {
  readonly #options: SlashHandlerOptions;

  constructor(options: SlashHandlerOptions) {
    this.#options = options;
  }

  /** Deferred at once, so that Discord's three seconds hold however long the command takes. */
  async run(interaction: ChatInputCommandInteraction): Promise<void> {
    const isPrivate = isLook(interaction);
    if (!(await this.#defer(interaction, isPrivate))) return;
    await answer(interaction, await this.#answerTo(interaction), isPrivate);
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

  /** False where another process has it, or it is too late. */
  async #defer(interaction: ChatInputCommandInteraction, isPrivate: boolean): Promise<boolean> {
    try {
      await interaction.deferReply(isPrivate ? { flags: MessageFlags.Ephemeral } : {});
      return true;
    } catch (error) {
      if (!isAnswered(error)) throw error;
      this.#options.logger.warn({ err: error, command: interaction.commandName }, "a command was not this process's");
      return false;
    }
  }

  async #answerTo(interaction: ChatInputCommandInteraction): Promise<string | undefined> {
    const { core, replies } = this.#options;
    const { channel } = interaction;
    const place = channel && placeOf(channel);
    if (!place || !channel.isSendable()) return "I cannot answer in this kind of channel.";
    const command = parseCommand(commandWords(interaction));
    const author = await this.#options.authors.of(interaction.user, interaction.member);
    const eventId = interaction.id;
    if ("type" in command && command.type !== "compare")
      return await core.handleCommand({ eventId, place, author, command });
    const question = { eventId: `${eventId}:question`, place, author };
    const claim = await core.claim("error" in command ? question : { ...question, command });
    if (claim.type === "taken") return undefined;
    if (claim.type === "refused") return claim.sentence;
    if ("error" in command) return command.error;
    await interaction.editReply(`**${command.models.join("** and **")}** answer:\n${quoted(command.text)}`);
    return await core.compare(
      { eventId, place, author, command },
      replies.starter({ channel, place, questionId: undefined, authorId: interaction.user.id }),
    );
  }
}

async function answer(
  interaction: ChatInputCommandInteraction,
  text: string | undefined,
  isPrivate: boolean,
): Promise<void> {
  if (text === undefined) return;
  const [first = "Done.", ...more] = splitMessage(text, { limit: MAX_MESSAGE_LENGTH }).slice(0, MAX_ANSWER_MESSAGES);
  await interaction.editReply(first);
  for (const content of more)
    await interaction.followUp({ content, ...(isPrivate && { flags: MessageFlags.Ephemeral }) });
}

/** A question above the replies to it. */
function quoted(text: string): string {
  const shown = text.length > 1_500 ? `${text.slice(0, 1_500)}…` : text;
  return shown.replace(/^/gm, "> ");
}
