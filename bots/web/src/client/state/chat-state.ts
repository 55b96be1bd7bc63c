import { batch, computed, signal } from "@preact/signals";
import { type ChatMessage, isLive, type Person, type ServerEvent, type Workspace } from "../../wire.ts";
import { channelInAddress } from "./address.ts";
import { api, mayPass, sentenceOf } from "./api.ts";
import { type ChannelEvent, ChannelState } from "./channel-state.ts";
import { connectEvents } from "./event-connection.ts";
import { newId } from "./new-id.ts";
import { restartLoss } from "./restart-loss.ts";

/** How long to wait before the server is asked again for what it could not give. */
const RELOAD_DELAY_MS = 2_000;

/** Everything the page shows, and what people do to it. */
export class ChatState {
  readonly workspace = signal<Workspace | undefined>(undefined);
  /** The server does not know this browser: a name must be chosen. */
  readonly needsName = signal(false);
  readonly connection = signal<"connecting" | "online" | "offline">("connecting");
  readonly isServing = signal(true);
  readonly channelNames = signal<readonly string[]>([]);
  readonly currentId = signal("");
  readonly current = computed(() => this.channel(this.currentId.value));
  /** One's own message that can be changed. */
  readonly lastOwn = computed(() => {
    const ownId = this.workspace.value?.person.id;
    return this.current.value.messages.value.findLast(({ message }) => message.author.id === ownId);
  });
  /** One sentence about what just failed. */
  readonly problem = signal("");
  /** What a screen reader says: replies that ended, and what others write. */
  readonly announcement = signal("");
  readonly #channels = new Map<string, ChannelState>();
  #disconnect: (() => void) | undefined;
  #loadTimer: number | undefined;
  /** What is said of a channel that could not be loaded. */
  #loadFault = "";
  #unsent: { readonly id: string; readonly text: string } | undefined;

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

  /** The direct message with the bot. */
  get directId(): string {
    return this.workspace.value?.directChannel ?? "";
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
      this.channel(id).hasUnread.value = false;
    });
    const fragment = `#${id === this.directId ? "@cria" : id}`;
    if (channelInAddress(location.hash) !== fragment.slice(1)) history.pushState(null, "", fragment);
    void this.#load(this.channel(id));
  }

  /** Shows the channel of the address; the direct message where it names none. */
  openFromAddress(): void {
    const name = channelInAddress(location.hash);
    this.open(this.channelNames.value.includes(name) ? name : this.directId);
  }

  /** Fills the composer and moves there. */
  suggest(text: string): void {
    this.current.value.draft.value = text;
    focusComposer();
  }

  /** Posts what stands in the composer. If that fails, the text comes back. */
  async send(): Promise<void> {
    const { draft, id, editing, numSent } = this.current.value;
    const text = draft.value.trim();
    if (text === "") return;
    const edited = editing.value;
    if (edited !== undefined) {
      if (await this.attempt(() => api.edit(id, edited, text))) this.cancelEdit();
      return;
    }
    batch(() => {
      draft.value = "";
      numSent.value++;
    });
    // The id of a message that may have arrived although its answer was lost: sent again, it is posted once.
    const messageId = this.#unsent?.text === text ? this.#unsent.id : newId();
    this.#unsent = { id: messageId, text };
    if (await this.attempt(() => api.post(id, { id: messageId, text }))) this.#unsent = undefined;
    else draft.value = draft.value === "" ? text : `${text}\n${draft.value}`;
  }

  /** Takes one's last message into the composer to change it. */
  editLast(): void {
    const { draft, editing } = this.current.value;
    const own = this.lastOwn.value;
    if (own === undefined) return;
    batch(() => {
      editing.value = own.message.id;
      draft.value = own.text.value;
    });
    focusComposer();
  }

  cancelEdit(): void {
    const { draft, editing } = this.current.value;
    batch(() => {
      editing.value = undefined;
      draft.value = "";
    });
    focusComposer();
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
  }

  #show(workspace: Workspace): void {
    batch(() => {
      this.workspace.value = workspace;
      this.channelNames.value = workspace.channels;
      this.isServing.value = workspace.isServing;
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
    if (this.#isThere(this.currentId.value)) await this.#load(this.current.value, true);
    else this.#leave(this.currentId.value);
    this.problem.value = `${this.problem.value} ${loss}`.trim();
  }

  /** Channels that are not shown are loaded again when they are opened. */
  #forgetOthers(): void {
    for (const channel of this.#channels.values()) if (channel.id !== this.currentId.value) channel.load.value = "none";
  }

  #isThere(id: string): boolean {
    return id === this.directId || this.channelNames.value.includes(id);
  }

  /** A server that kept its channels in memory was started anew. */
  #leave(id: string): void {
    this.open(this.directId);
    this.problem.value = `There is no channel #${id} any more.`;
  }

  /** Loads a channel; asks again while it is the one that is shown and what failed may pass. */
  async #load(channel: ChannelState, again = false): Promise<void> {
    if (channel.load.value !== "none" && !again) return;
    const isNewest = channel.startLoading();
    try {
      const snapshot = await api.channel(channel.id);
      if (!isNewest()) return;
      channel.loadSnapshot(snapshot);
      if (this.problem.value === this.#loadFault) this.problem.value = "";
    } catch (error) {
      if (isNewest()) this.#onNotLoaded(channel, error);
    }
  }

  #onNotLoaded(channel: ChannelState, error: unknown): void {
    channel.giveUpLoading();
    if (channel !== this.current.value) return;
    this.#loadFault = sentenceOf(error);
    // It may be said every two seconds; what else failed is said once.
    this.problem.value ||= this.#loadFault;
    if (!mayPass(error)) return;
    clearTimeout(this.#loadTimer);
    this.#loadTimer = window.setTimeout(() => {
      if (channel === this.current.value) void this.#load(channel);
    }, RELOAD_DELAY_MS);
  }

  #onEvent(event: ServerEvent, number: number): void {
    if (event.type === "channels") this.channelNames.value = event.channels;
    else if (event.type === "service") this.#onService(event.isServing);
    else this.#onChannelEvent(event, number);
  }

  /** Of what answers in a channel, a service that is back may know more than was known while it was away. */
  #onService(isServing: boolean): void {
    this.isServing.value = isServing;
    if (!isServing) return;
    this.#forgetOthers();
    if (this.currentId.value !== "") void this.#load(this.current.value, true);
  }

  #onChannelEvent(event: ChannelEvent, number: number): void {
    const channel = this.channel(event.channelId);
    if (event.type === "message" && this.#isNews(channel, event.message))
      this.#say(event.message.author, event.message.text);
    if (!channel.apply(event, number)) void this.#load(channel, true);
    if (event.type === "message" && channel !== this.current.value) channel.hasUnread.value = true;
    if (event.type === "state" && !isLive(event.state)) this.#announce(channel, event.messageId);
  }

  /** Whether a message is new and whole: not one's own, not changed, and no reply that is still to be written. */
  #isNews(channel: ChannelState, { id, author, state }: ChatMessage): boolean {
    const isOwn = author.id === this.workspace.value?.person.id;
    return channel === this.current.value && !isOwn && state === undefined && channel.view(id) === undefined;
  }

  #announce(channel: ChannelState, messageId: string): void {
    if (channel !== this.current.value) return;
    const view = channel.view(messageId);
    if (view === undefined) return;
    const state = view.state.value;
    const end = state?.type === "failed" ? ` Failed: ${state.reason}` : "";
    this.#say(view.message.author, `${view.text.value}${end}`);
  }

  #say(author: Person, text: string): void {
    const said = `${author.name}: ${text}`;
    // Only what changes is read out.
    this.announcement.value = said === this.announcement.value ? `${said}\u00a0` : said;
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
    this.connection.value = isConnected ? "online" : "offline";
    if (isConnected) this.problem.value = "";
    else void this.#checkSession();
  }
}

function focusComposer(): void {
  document.querySelector<HTMLTextAreaElement>("#composer")?.focus();
}
