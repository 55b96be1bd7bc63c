import { AttachmentBuilder, type Message, MessageFlags, type SendableChannels } from "discord.js";
import type { ChannelPace } from "./channel-pace.ts";
import { errorCode, gone, REPLY_NEEDS_HISTORY, THREAD_IS_ARCHIVED } from "./discord-errors.ts";
import { type ReplyPart, withSmallPrint } from "./reply-parts.ts";

/** Where a reply's messages go. */
export interface ReplyTarget {
  readonly channel: SendableChannels;
  readonly pace: ChannelPace;
  /** The message that the first one answers. */
  readonly questionId: string | undefined;
  /** Stands for the reply where several processes might write it: Discord makes one message of all theirs. Default: the reply's id. */
  readonly nonce?: string;
  /** Whether links get preview cards. Default false. */
  readonly showsPreviews?: boolean;
  /** Told of each message that the reply shows, and before it takes one away. */
  readonly onShown?: (messageId: string, isFirst: boolean) => void;
  readonly onTakenAway?: (messageId: string) => void;
}

/** The messages of one reply, changed to what is to be seen with as few requests as that takes. */
export class ReplyMessages {
  readonly #target: ReplyTarget;
  readonly #replyId: string;
  readonly #ids: string[];
  readonly #shown: (ReplyPart | undefined)[] = [];
  /** The first ones that stay as a process before left them: what is shown comes below. */
  #numLeft = 0;

  /** `ids`: messages that are there already. */
  constructor(target: ReplyTarget, replyId: string, ids: readonly string[]) {
    this.#target = target;
    this.#replyId = replyId;
    this.#ids = [...ids];
  }

  get ids(): readonly string[] {
    return this.#ids;
  }

  /** Shows these parts: edits what differs, sends what is new, takes away what is too much. */
  async show(parts: readonly ReplyPart[]): Promise<void> {
    for (const [nth, part] of parts.entries()) {
      const index = this.#numLeft + nth;
      if (isSame(this.#shown[index], part)) continue;
      await this.#showAt(index, part);
      this.#shown[index] = part;
    }
    while (this.#ids.length > this.#numLeft + parts.length) await this.#removeLast();
  }

  /** Shows of these parts what needs no new message; what Discord does not let it change stays. */
  async breakOff(parts: readonly ReplyPart[]): Promise<void> {
    await this.show(parts.slice(0, this.#ids.length - this.#numLeft)).catch(() => undefined);
  }

  /** Ends those of which somebody deleted some: the last that stays has that line under it, and no buttons. */
  async endWithout(gone: ReadonlySet<string>, line: string): Promise<void> {
    const index = this.#ids.findLastIndex((id) => !gone.has(id));
    const shown = this.#shown[index];
    if (index < 0) return;
    const content = shown && { content: withSmallPrint(shown.content, line) };
    await this.#target.channel.messages.edit(this.#ids[index]!, { components: [], ...content });
  }

  /**
   * Ends what a process before left: its words stay, without the button that stops them, and what is shown from now on comes
   * below. False where it says only that something is waited for.
   */
  async leaveBegun(): Promise<boolean> {
    const { messages } = this.#target.channel;
    const id = this.#ids.at(-1);
    if (id === undefined) return false;
    const { content, components } = await messages.fetch({ message: id, force: true });
    if (this.#ids.length === 1 && /^-# .*…$/.test(content)) return false;
    this.#numLeft = this.#ids.length;
    if (hasStop(components)) await messages.edit(id, { components: [] });
    return true;
  }

  async #showAt(index: number, part: ReplyPart): Promise<void> {
    const id = this.#ids[index];
    const { pace, showsPreviews, onShown } = this.#target;
    const flags = !showsPreviews && { flags: MessageFlags.SuppressEmbeds as const };
    const body = { content: part.content, components: part.components, ...flags, ...files(part) };
    if (id !== undefined) return await pace.edits.send(() => this.#edit(id, body));
    const sent = await pace.creates.send(() => this.#send(index, body));
    this.#ids.push(sent.id);
    onShown?.(sent.id, this.#ids.length === 1);
  }

  /** A thread that was archived meanwhile is opened again, unless a moderator locked it. */
  async #edit(id: string, body: object): Promise<void> {
    const { channel } = this.#target;
    try {
      await channel.messages.edit(id, body);
    } catch (error) {
      if (errorCode(error) !== THREAD_IS_ARCHIVED || !channel.isThread()) throw error;
      await channel.setArchived(false);
      await channel.messages.edit(id, body);
    }
  }

  /** The nonce makes one message of a request that is sent again, as when its answer was lost. */
  async #send(index: number, body: object): Promise<Message> {
    const { channel, questionId, nonce = this.#replyId } = this.#target;
    const options = { ...body, nonce: `${nonce}-${index}`, enforceNonce: true };
    if (index > 0 || questionId === undefined) return await channel.send(options);
    try {
      return await channel.send({ ...options, reply: { messageReference: questionId } });
    } catch (error) {
      if (errorCode(error) !== REPLY_NEEDS_HISTORY) throw error;
      return await channel.send(options);
    }
  }

  async #removeLast(): Promise<void> {
    const id = this.#ids.pop()!;
    this.#shown.length = this.#ids.length;
    this.#target.onTakenAway?.(id);
    await gone(this.#target.channel.messages.delete(id));
  }
}

/** The messages of a reply, by its handle. */
export function messageIds(handle: string): readonly string[] {
  return handle.split(",").filter((id) => id !== "");
}

/** Whether a message is the last of a reply that has ended: by its buttons, or by figures or a failure where it has none. */
export function carriesEnd({ content, components }: Message): boolean {
  if (hasStop(components)) return false;
  return JSON.stringify(components).includes('"custom_id"') || /^-# .* · [\d,]+ tokens?$|^(-# )?⚠️ /m.test(content);
}

function hasStop(components: Message["components"]): boolean {
  return JSON.stringify(components).includes('"stop:');
}

function isSame(shown: ReplyPart | undefined, part: ReplyPart): boolean {
  return JSON.stringify(shown) === JSON.stringify(part);
}

function files({ file }: ReplyPart) {
  if (!file) return {};
  return { files: [new AttachmentBuilder(Buffer.from(file.text), { name: file.name })] };
}
