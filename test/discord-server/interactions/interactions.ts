import { type APIMessage, type APIUser, type InteractionType, MessageFlags, MessageType } from "discord-api-types/v10";
import { ApiError } from "../api-error.ts";
import { parseMessageBody } from "../world/message-body.ts";
import { createMessage, deleteMessage, editMessage, findMessage, type Upload } from "../world/messages.ts";
import { permissionsIn } from "../world/permissions.ts";
import { type Channel, channelJson, memberJson, type StoredMessage, type World } from "../world/world.ts";
import { type Answer, type AnswerType, parseAnswer } from "./interaction-answer.ts";

/** What a person did, and what came of it. */
export interface Interaction {
  readonly id: string;
  readonly token: string;
  readonly type: InteractionType;
  readonly user: APIUser;
  readonly channel: Channel;
  readonly createdAtMs: number;
  /** The message whose component was used. */
  readonly message: StoredMessage | undefined;
  /** How it was first answered; undefined as long as it was not. */
  answer: Answer | undefined;
  /** The answer's message, once there is one. */
  original: StoredMessage | undefined;
}

export interface NewInteraction {
  readonly type: InteractionType;
  readonly user: APIUser;
  readonly channel: Channel;
  readonly data: object;
  readonly message?: StoredMessage;
}

/** Interactions from the press to the last follow-up. */
export class Interactions {
  readonly #world: World;
  readonly #byToken = new Map<string, Interaction>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Begins one and sends it to the app. */
  create({ type, user, channel, data, message }: NewInteraction): Interaction {
    const id = this.#world.nextId();
    const interaction: Interaction = {
      id,
      token: `token-of-${id}`,
      type,
      user,
      channel,
      createdAtMs: this.#world.now(),
      message,
      answer: undefined,
      original: undefined,
    };
    this.#byToken.set(interaction.token, interaction);
    this.#world.dispatch({ t: "INTERACTION_CREATE", d: this.#json(interaction, data), guildId: channel.guildId });
    return interaction;
  }

  /** The first answer. @throws ApiError 10062 when it comes too late, 40060 when it is the second */
  answer(id: string, token: string, body: unknown, files: readonly Upload[]): Interaction {
    const interaction = this.#byToken.get(token);
    if (interaction?.id !== id) throw new ApiError(10062);
    if (interaction.answer) throw new ApiError(40060);
    if (this.#ageMs(interaction) > this.#world.limits.interactionAnswerMs) throw new ApiError(10062);
    const answer = parseAnswer(interaction.type, body, this.#world.limits);
    this.#show(interaction, answer, files);
    interaction.answer = answer;
    return interaction;
  }

  followUp(token: string, body: unknown, files: readonly Upload[]): StoredMessage {
    const interaction = this.#find(token);
    // Writing after a deferral fills the answer that is awaited.
    if (isLoading(interaction.original)) {
      this.#edit(interaction, interaction.original!, body, files);
      return interaction.original!;
    }
    return this.#write(interaction, body, files);
  }

  find(token: string, messageId: string): StoredMessage {
    const interaction = this.#find(token);
    if (messageId !== "@original") return findMessage(interaction.channel, messageId);
    if (!interaction.original) throw new ApiError(10008);
    return interaction.original;
  }

  edit(token: string, messageId: string, body: unknown, files: readonly Upload[]): StoredMessage {
    const message = this.find(token, messageId);
    this.#edit(this.#find(token), message, body, files);
    return message;
  }

  remove(token: string, messageId: string): void {
    const interaction = this.#find(token);
    const message = this.find(token, messageId);
    deleteMessage(this.#world, interaction.channel, message);
    if (message === interaction.original) interaction.original = undefined;
  }

  #find(token: string): Interaction {
    const interaction = this.#byToken.get(token);
    if (!interaction) throw new ApiError(10015);
    if (this.#ageMs(interaction) > this.#world.limits.interactionTokenMs) throw new ApiError(50027);
    if (!interaction.answer) throw new ApiError(10015);
    return interaction;
  }

  #ageMs({ createdAtMs }: Interaction): number {
    return this.#world.now() - createdAtMs;
  }

  #show(interaction: Interaction, answer: Answer, files: readonly Upload[]): void {
    switch (answer.type) {
      case "message":
        interaction.original = this.#write(interaction, answer.message, files);
        break;
      case "deferred":
        interaction.original = this.#think(interaction, answer.isEphemeral);
        break;
      case "deferredUpdate":
        interaction.original = interaction.message;
        break;
      case "update":
        editMessage(this.#world, interaction.channel, interaction.message!, answer.message, files);
        interaction.original = interaction.message;
        break;
      case "choices":
        break;
    }
  }

  #think(interaction: Interaction, isEphemeral: boolean): StoredMessage {
    const flags = MessageFlags.Loading | (isEphemeral ? MessageFlags.Ephemeral : 0);
    return this.#write(interaction, { flags }, []);
  }

  #write(interaction: Interaction, body: unknown, files: readonly Upload[]): StoredMessage {
    const { channel, user, id, type } = interaction;
    const message = parseMessageBody(body, this.#world.limits);
    const isEphemeral = ((message.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
    const fields = {
      type: interaction.original ? MessageType.Default : MessageType.ChatInputCommand,
      webhook_id: this.#world.bot.id,
      application_id: this.#world.bot.id,
      interaction_metadata: { id, type, user, authorizing_integration_owners: {} },
    } as unknown as Partial<APIMessage>;
    const ephemeralFor = isEphemeral ? user.id : undefined;
    return createMessage(this.#world, { channel, author: this.#world.bot, body: message, files, ephemeralFor, fields });
  }

  #edit({ channel }: Interaction, message: StoredMessage, body: unknown, files: readonly Upload[]): void {
    editMessage(this.#world, channel, message, parseMessageBody(body, this.#world.limits), files);
  }

  #json({ id, token, type, user, channel, message }: Interaction, data: object): object {
    const { bot, guilds } = this.#world;
    const guild = channel.guildId ? guilds.get(channel.guildId) : undefined;
    const permissions = String(permissionsIn(this.#world, channel, user.id) & 0x7fffffffffffffffn);
    const member = guild?.members.get(user.id);
    const owners = guild ? { 0: guild.id } : { 1: user.id };
    return {
      id,
      token,
      type,
      application_id: bot.id,
      data,
      channel: channelJson(channel),
      channel_id: channel.id,
      version: 1,
      app_permissions: String(permissionsIn(this.#world, channel, bot.id) & 0x7fffffffffffffffn),
      locale: "en-US",
      entitlements: [],
      authorizing_integration_owners: owners,
      context: guild ? 0 : 1,
      attachment_size_limit: this.#world.limits.attachmentBytes,
      ...(member ? { guild_id: guild!.id, member: { ...memberJson(member), user, permissions } } : { user }),
      ...(message && { message: message.json }),
    };
  }
}

/** What the app's answer says with `with_response`. */
export function callbackJson({ id, type, answer, original }: Interaction): object {
  const types: Readonly<Record<AnswerType, number>> = {
    message: 4,
    deferred: 5,
    deferredUpdate: 6,
    update: 7,
    choices: 8,
  };
  return {
    interaction: {
      id,
      type,
      response_message_id: original?.json.id,
      response_message_ephemeral: original?.ephemeralFor !== undefined,
      response_message_loading: isLoading(original),
    },
    resource: { type: types[answer!.type], ...(original && { message: original.json }) },
  };
}

/** Whether a message is a deferred answer still to be written. */
function isLoading(message: StoredMessage | undefined): boolean {
  return ((message?.json.flags ?? 0) & MessageFlags.Loading) !== 0;
}
