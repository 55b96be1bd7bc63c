import { batch, computed, signal } from "@preact/signals";
import { type ChatMessage, isLive, type ServerEvent, type Workspace } from "../../wire.ts";
import { channelInAddress, fragmentOf } from "./address.ts";
import { Announcer } from "./announcer.ts";
import { api, sentenceOf } from "./api.ts";
import { ChannelLoader, RELOAD_DELAY_MS } from "./channels/channel-loader.ts";
import { type ChannelEvent, ChannelState } from "./channels/channel-state.ts";
import { ChatList } from "./channels/chat-list.ts";
import { Unread } from "./channels/unread.ts";
import { Composing } from "./composing.ts";
import { connectEvents } from "./event-connection.ts";
import { newId } from "./new-id.ts";
import { restartLoss } from "./restart-loss.ts";

/** Everything the page shows, and what people do to it. */
export class ChatState {
  readonly workspace = signal<Workspace | undefined>(undefined);
  /** The server does not know this browser: a name must be chosen. */
  readonly needsName = signal(false);
  readonly connection = signal<"connecting" | "online" | "offline">("connecting");
  readonly isServing = signal(true);
  readonly channelNames = signal<readonly string[]>([]);
  readonly chats = new ChatList();
  readonly currentId = signal("");
  readonly current = computed(() => this.channel(this.currentId.value));
  /** One's own message that can be changed. */
  readonly lastOwn = computed(() => {
    const ownId = this.workspace.value?.person.id;
    const isOwn = ({ author, isNotice }: Omit<ChatMessage, "text" | "state">) => author.id === ownId && !isNotice;
    return this.current.value.messages.value.findLast(({ message }) => isOwn(message));
  });
  /** One sentence about what just failed. */
  readonly problem = signal("");
  readonly announcer = new Announcer();
  readonly composing = new Composing(this);
  readonly #channels = new Map<string, ChannelState>();
  readonly #unread = new Unread((id) => this.channel(id).hasUnread);
  readonly #loader = new ChannelLoader({
    isShown: (channel) => channel === this.current.value,
    onFault: (sentence) => this.#onLoadFault(sentence),
  });
  #disconnect: (() => void) | undefined;
  /** What is said of a channel that could not be loaded. */
  #loadFault = "";

  /** Loads the workspace and goes live; asks again until it works. */
  async start(): Promise<void> {
    try {
      const workspace = await api.workspace();
      if (workspace === null) this.needsName.value = true;
      else this.#enter(workspace);
    } catch {
      this.#startLater();
    }
  }

  async chooseName(name: string): Promise<void> {
    await api.startSession(name);
    this.needsName.value = false;
    await this.start();
  }

  /** One's first chat with the bot. */
  get directId(): string {
    return this.workspace.value?.directChannel ?? "";
  }

  /** Whether a channel is a chat with the bot, which is for oneself alone. */
  isChat(id: string): boolean {
    return id === this.directId || id.startsWith(`${this.directId}:`);
  }

  /** What a channel is called, as its heading says. */
  nameOf(id: string): string {
    return this.isChat(id) ? this.chats.titleOf(id) : `# ${id}`;
  }

  channel(id: string): ChannelState {
    const known = this.#channels.get(id) ?? new ChannelState(id);
    this.#channels.set(id, known);
    return known;
  }

  /** Shows a channel and remembers it in the address. */
  open(id: string): void {
    batch(() => {
      this.currentId.value = id;
      this.problem.value = "";
      this.#unread.open(id);
    });
    if (channelInAddress(location.hash, this.directId) !== id)
      history.pushState(null, "", fragmentOf(id, this.directId));
    void this.#loader.load(this.channel(id));
  }

  /** Shows the channel of the address; where it names none, the chat that was written in last. */
  openFromAddress(): void {
    const id = channelInAddress(location.hash, this.directId);
    this.open(id !== undefined && this.#isThere(id) ? id : this.#home());
  }

  /** Shows an empty chat. It is listed once something is written in it. */
  openNewChat(): void {
    this.open(this.chats.has(this.directId) ? `${this.directId}:${newId()}` : this.directId);
  }

  async addChannel(name: string): Promise<void> {
    this.open((await api.addChannel(name)).name);
  }

  /** Does something that the server may refuse; the refusal is shown above the composer. */
  async attempt(action: () => Promise<unknown>): Promise<boolean> {
    this.problem.value = "";
    try {
      await action();
      return true;
    } catch (error) {
      this.problem.value = sentenceOf(error);
      return false;
    }
  }

  #enter(workspace: Workspace): void {
    this.#show(workspace);
    this.#disconnect?.();
    this.#disconnect = connectEvents({
      after: workspace.eventId,
      onEvent: (event, number) => this.#onEvent(event, number),
      onResync: () => void this.#reload(),
      onConnected: (isConnected) => this.#onConnected(isConnected),
      onRefused: (sentence) => {
        this.problem.value = sentence;
      },
    });
    if (this.currentId.value === "") this.openFromAddress();
    window.onstorage = () => this.#unread.refresh(this.currentId.value);
  }

  #show(workspace: Workspace): void {
    batch(() => {
      this.workspace.value = workspace;
      this.channelNames.value = workspace.channels;
      this.chats.all.value = workspace.chats;
      this.isServing.value = workspace.isServing;
      this.#unread.load(workspace, this.currentId.value);
    });
  }

  #startLater(): void {
    this.connection.value = "offline";
    setTimeout(() => void this.start(), RELOAD_DELAY_MS);
  }

  /** The event stream starts again from here, so only what it cannot tell is loaded. */
  async #reload(): Promise<void> {
    this.#forgetOthers();
    let loss = "";
    try {
      const workspace = await api.workspace();
      if (workspace === null) return location.reload();
      loss = restartLoss(this.workspace.value, workspace);
      this.#show(workspace);
    } catch {
      setTimeout(() => void this.#reload(), RELOAD_DELAY_MS);
      return;
    }
    if (this.#isThere(this.currentId.value)) await this.#loader.load(this.current.value, true);
    // A server that kept its channels in memory was started anew.
    else this.#leave(`There is no channel #${this.currentId.value} any more.`);
    this.problem.value = `${this.problem.value} ${loss}`.trim();
  }

  /** Channels that are not shown are loaded again when they are opened. */
  #forgetOthers(): void {
    for (const channel of this.#channels.values()) if (channel.id !== this.currentId.value) channel.load.value = "none";
  }

  #isThere(id: string): boolean {
    return this.isChat(id) || this.channelNames.value.includes(id);
  }

  /** The channel that is shown is gone. */
  #leave(sentence: string): void {
    this.open(this.#home());
    this.problem.value = sentence;
  }

  /** The chat that was written in last; where there are none, the first channel. */
  #home(): string {
    const [channel = ""] = this.channelNames.value;
    return this.workspace.value?.hasChats ? (this.chats.all.value[0]?.id ?? this.directId) : channel;
  }

  #onLoadFault(sentence: string): void {
    // It may be said every two seconds; what else failed is said once.
    if (sentence !== "") this.problem.value ||= sentence;
    else if (this.problem.value === this.#loadFault) this.problem.value = "";
    if (sentence !== "") this.#loadFault = sentence;
  }

  #onEvent(event: ServerEvent, number: number): void {
    switch (event.type) {
      case "channels":
        this.channelNames.value = event.channels;
        break;
      case "service":
        this.#onService(event.isServing);
        break;
      case "chat":
        this.chats.put(event.chat);
        break;
      case "chatDeleted":
        this.#onChatDeleted(event.chatId);
        break;
      default:
        this.#onChannelEvent(event, number);
    }
  }

  #onChatDeleted(chatId: string): void {
    this.chats.remove(chatId);
    this.channel(chatId).empty();
    if (chatId === this.currentId.value) this.#leaveDeletedChat();
  }

  /** What stands in its composer is not lost with it. */
  #leaveDeletedChat(): void {
    const { draft, files } = this.current.value;
    if (draft.value === "" && files.value.length === 0) {
      this.#leave("");
      return;
    }
    this.openNewChat();
    this.current.value.draft.value = draft.value;
    this.current.value.files.value = files.value;
    this.problem.value = "The chat was deleted. What you were writing in it is kept here, in a new one.";
  }

  /** Of what answers in a channel, a service that is back may know more than was known while it was away. */
  #onService(isServing: boolean): void {
    this.isServing.value = isServing;
    if (!isServing) return;
    this.#forgetOthers();
    if (this.currentId.value !== "") void this.#loader.load(this.current.value, true);
  }

  #onChannelEvent(event: ChannelEvent, number: number): void {
    const channel = this.channel(event.channelId);
    const isShown = channel === this.current.value;
    const ownId = this.workspace.value?.person.id;
    if (event.type === "message" && isShown) this.announcer.onMessage(channel, event.message, ownId);
    if (!channel.apply(event, number)) void this.#loader.load(channel, true);
    if (event.type === "message")
      this.#unread.onMessage(channel.id, event.message, isShown || event.message.author.id === ownId);
    if (event.type !== "state" || isLive(event.state)) return;
    const ended = channel.view(event.messageId);
    if (!isShown) this.#unread.onEnd(channel.id, ended?.message);
    else if (ended !== undefined) this.announcer.onEnd(ended);
  }

  /** A stream does not say why it ended: perhaps the server no longer knows this browser. */
  async #checkSession(): Promise<void> {
    const workspace = await api.workspace().catch(() => undefined);
    if (workspace !== null) return;
    this.#disconnect?.();
    this.#channels.clear();
    this.currentId.value = "";
    this.needsName.value = true;
  }

  #onConnected(isConnected: boolean): void {
    // What failed for want of a connection is past; every other sentence stays.
    if (isConnected && this.connection.value !== "online") this.problem.value = "";
    this.connection.value = isConnected ? "online" : "offline";
    if (!isConnected) void this.#checkSession();
  }
}
