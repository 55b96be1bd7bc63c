import type { BotCore, Place, ReplyAction, StartReply } from "@cria/bot-core";
import { type ButtonInteraction, MessageFlags } from "discord.js";
import type { Authors } from "../incoming/authors.ts";
import { authorOf, placeOf } from "../incoming/place.ts";
import { type ButtonAction, parseButton } from "../reply/buttons.ts";
import type { Replies } from "../reply/replies.ts";
import { isInTime } from "./first-answer.ts";

export interface ButtonHandlerOptions {
  readonly core: BotCore;
  readonly replies: Replies;
  readonly authors: Authors;
}

/** Does what the buttons under replies say, whichever process wrote the reply. */
export class ButtonHandler {
  readonly #options: ButtonHandlerOptions;

  constructor(options: ButtonHandlerOptions) {
    this.#options = options;
  }

  async press(interaction: ButtonInteraction): Promise<void> {
    const button = parseButton(interaction.customId);
    const { channel } = interaction;
    const place = channel && placeOf(channel);
    if (!button || !place) return;
    if (!(await isInTime(interaction, this.#take(button.action, place, interaction)))) return;
    const { core, authors } = this.#options;
    const author = await authors.of(interaction.user, interaction.member);
    const action = { place, author, replyId: button.replyId };
    if ((await core.claim({ eventId: interaction.id, place, author })).type === "taken") return;
    const sentence = await this.#do(button.action, action, interaction);
    if (sentence !== undefined) await interaction.followUp({ content: sentence, flags: MessageFlags.Ephemeral });
  }

  /** Stop goes at once: nobody may be there any more to write an end, or may not change the message. */
  async #take(action: ButtonAction, place: Place, interaction: ButtonInteraction): Promise<unknown> {
    const author = authorOf(interaction.user, interaction.member);
    const isStopped = action === "stop" && this.#options.core.refusal({ place, author }) === undefined;
    return isStopped ? await interaction.update({ components: [] }) : await interaction.deferUpdate();
  }

  /** Returns what the person is to be told, if anything. */
  async #do(name: ButtonAction, action: ReplyAction, interaction: ButtonInteraction): Promise<string | undefined> {
    const { core } = this.#options;
    switch (name) {
      case "stop":
        return await core.stopReply(action);
      case "regenerate":
        return await core.regenerate(action, this.#starter(action, interaction));
      case "continue":
        return await core.continueReply(action, this.#starter(action, interaction));
      case "up":
      case "down":
        return (await core.giveFeedback({ ...action, rating: name })) ?? "Noted, thank you.";
    }
  }

  /** The new reply answers the same question; the old one's buttons go once it shows anything, and are back if it is taken back. */
  #starter({ place, author }: ReplyAction, interaction: ButtonInteraction): StartReply {
    const { channel, message } = interaction;
    if (!channel?.isSendable()) throw new Error("a button was pressed where nobody can write");
    const questionId = message.reference?.messageId;
    const tell = (content: string) => interaction.followUp({ content, flags: MessageFlags.Ephemeral });
    const { components } = message;
    const replaces = {
      onShown: () => void interaction.editReply({ components: [] }).catch(() => undefined),
      onDiscarded: () => void interaction.editReply({ components }).catch(() => undefined),
    };
    return this.#options.replies.starter({ channel, place, questionId, authorId: author.id, tell, replaces });
  }
}
