import { type APIMessage, type APIUser, ComponentType, InteractionType } from "discord-api-types/v10";
import { type CommandRegistry, commandOptions, type OptionValue } from "./interactions/commands.ts";
import type { Interaction, Interactions } from "./interactions/interactions.ts";
import { buttonsIn, type MessageBody } from "./world/message-body.ts";
import {
  createMessage,
  deleteMessage,
  deleteMessages,
  editMessage,
  forwardMessage,
  type Upload,
} from "./world/messages.ts";
import { may } from "./world/permissions.ts";
import { startThread } from "./world/threads.ts";
import type { Channel, StoredMessage, World } from "./world/world.ts";

/** What a person's message has beside its text. */
export interface Extras {
  readonly replyTo?: StoredMessage;
  readonly files?: readonly Upload[];
  /** What people do not write, as a poll, stickers, or another app's embeds. */
  readonly fields?: Partial<APIMessage>;
}

/** What people act on. */
export interface PersonParts {
  readonly world: World;
  readonly commands: CommandRegistry;
  readonly interactions: Interactions;
}

/** Somebody with Discord's client in front of them: does what that lets them do, and throws at the rest. */
export class Person {
  readonly user: APIUser;
  readonly #parts: PersonParts;

  constructor(user: APIUser, parts: PersonParts) {
    this.user = user;
    this.#parts = parts;
  }

  get id(): string {
    return this.user.id;
  }

  /** Writes in a channel or thread. */
  say(channel: Channel, content: string, { replyTo, files = [], fields = {} }: Extras = {}): StoredMessage {
    const { world } = this.#parts;
    if (!may(world, channel, this.id, "ViewChannel"))
      throw new Error(`${this.user.username} does not see #${channel.name}`);
    const body: MessageBody = { content, ...(replyTo && { message_reference: { message_id: replyTo.json.id } }) };
    return createMessage(world, { channel, author: this.user, body, files, fields });
  }

  /** Passes a message on. */
  forward(stored: StoredMessage, channel: Channel): StoredMessage {
    return forwardMessage(this.#parts.world, stored, channel, this.user);
  }

  /** Writes in a channel, the bot named first. */
  mention(channel: Channel, content: string, extras?: Extras): StoredMessage {
    return this.say(channel, `<@${this.#parts.world.bot.id}> ${content}`, extras);
  }

  /** Writes to the bot directly. */
  dm(content: string, extras?: Extras): StoredMessage {
    return this.say(this.directChannel, content, extras);
  }

  get directChannel(): Channel {
    return this.#parts.world.directChannel(this.user);
  }

  edit({ json }: StoredMessage, content: string): void {
    const channel = this.#parts.world.channels.get(json.channel_id)!;
    const stored = channel.messages.get(json.id)!;
    editMessage(this.#parts.world, channel, stored, { content });
  }

  delete(stored: StoredMessage): void {
    deleteMessage(this.#parts.world, this.#parts.world.channels.get(stored.json.channel_id)!, stored);
  }

  /** As a moderator, several of a channel at once. */
  deleteAll(channel: Channel, all: readonly StoredMessage[]): void {
    deleteMessages(this.#parts.world, channel, all);
  }

  startThread(channel: Channel, name: string, from?: StoredMessage): Channel {
    return startThread(this.#parts.world, channel, this.id, { name }, from?.json.id);
  }

  /** Sends a slash command. */
  slash(channel: Channel, name: string, values: Readonly<Record<string, OptionValue>> = {}): Interaction {
    const command = this.#command(channel, name);
    const data = { id: command.id, name, type: 1, options: commandOptions(command, values) };
    return this.#interact({ type: InteractionType.ApplicationCommand, channel, data });
  }

  /** Types in an option that the app completes. */
  autocomplete(
    channel: Channel,
    name: string,
    option: string,
    typed: string,
    values: Readonly<Record<string, OptionValue>> = {},
  ): Interaction {
    const command = this.#command(channel, name);
    if (!command.options?.some((one) => one.name === option && one.autocomplete))
      throw new Error(`/${name} ${option} is not completed by the app`);
    const options = commandOptions(command, { ...values, [option]: typed }, option);
    const data = { id: command.id, name, type: 1, options };
    return this.#interact({ type: InteractionType.ApplicationCommandAutocomplete, channel, data });
  }

  /** Presses the button with this label. */
  press(stored: StoredMessage, label: string): Interaction {
    const button = findButton(stored, label);
    if (!button) throw new Error(`no button "${label}" under "${stored.json.content.slice(0, 40)}"`);
    if (button.disabled) throw new Error(`the button "${label}" is disabled`);
    return this.#useComponent(stored, { custom_id: button.custom_id, component_type: ComponentType.Button });
  }

  #useComponent(stored: StoredMessage, data: object): Interaction {
    const channel = this.#parts.world.channels.get(stored.json.channel_id)!;
    if (!channel.messages.has(stored.json.id)) throw new Error("the message is gone");
    if (stored.ephemeralFor && stored.ephemeralFor !== this.id) throw new Error("the message is not for them");
    return this.#interact({ type: InteractionType.MessageComponent, channel, data, message: stored });
  }

  #command(channel: Channel, name: string) {
    const command = this.#parts.commands.find(channel.guildId, name);
    if (!command) throw new Error(`there is no /${name}`);
    const isThere = !command.contexts || command.contexts.includes(channel.guildId ? 0 : 1);
    if (!isThere) throw new Error(`/${name} is not offered here`);
    return command;
  }

  #interact(interaction: Omit<Parameters<Interactions["create"]>[0], "user">): Interaction {
    return this.#parts.interactions.create({ ...interaction, user: this.user });
  }
}

/** The button with this label or emoji, if a message has it. */
function findButton(stored: StoredMessage, label: string) {
  return buttonsOf(stored).find((button) => button.label === label || button.emoji?.name === label);
}

/** Labels of a message's buttons, emoji where there is no label. */
export function buttonLabels(stored: StoredMessage): readonly string[] {
  return buttonsOf(stored).map(({ label, emoji }) => label ?? emoji?.name ?? "");
}

function buttonsOf(stored: StoredMessage) {
  return buttonsIn((stored.json.components ?? []) as NonNullable<MessageBody["components"]>);
}
