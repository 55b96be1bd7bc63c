import type { FeedbackRating } from "@cria/bot-core";
import { batch, computed, type Signal, signal } from "@preact/signals";
import type {
  ChannelHead,
  ChannelSnapshot,
  ChatMessage,
  ReplyState,
  ReplyVersion,
  ServerEvent,
} from "../../../wire.ts";
import type { DraftFile } from "../draft-files.ts";
import { eventNumber } from "../event-connection.ts";
import { sharedNames } from "./shared-names.ts";

/** A message whose text and state change in place, so that a token redraws its own message only. */
export interface MessageView {
  readonly message: Omit<ChatMessage, "text" | "state" | "replyId" | "isEdited" | "rated" | "versions">;
  readonly text: Signal<string>;
  readonly state: Signal<ReplyState | undefined>;
  /** What a reply said before it was made anew, oldest first. */
  readonly versions: Signal<readonly ReplyVersion[]>;
  /** Which of them is looked at; undefined: what the reply says now. */
  readonly shownVersion: Signal<number | undefined>;
  readonly isEdited: Signal<boolean>;
  /** How one rated it. */
  readonly rated: Signal<FeedbackRating | undefined>;
  /** The reply that it shows. */
  readonly replyId: Signal<string | undefined>;
  /** How one rated those that it showed before, by their ids: one may come back. */
  readonly ratings: Map<string | undefined, FeedbackRating | undefined>;
}

/** What there is to see of a message: a reply as it is now, or the version of it that is looked at. */
export function shownOf({
  versions,
  shownVersion,
  text,
  state,
}: MessageView): Partial<ReplyVersion> & { readonly text: string } {
  const version = versions.value[shownVersion.value ?? Number.POSITIVE_INFINITY];
  return version ?? { text: text.value, ...(state.value !== undefined && { state: state.value }) };
}

/** An event of one channel. */
export type ChannelEvent = Extract<ServerEvent, { readonly channelId: string }>;

type Load = "none" | "loading" | "loaded";

/**
 * One channel as the page knows it: a snapshot and the events after it. Events are applied once and in order, whichever
 * of the two comes first; `apply` says when one is missing.
 */
export class ChannelState {
  readonly id: string;
  readonly messages = signal<readonly MessageView[]>([]);
  /** Names that several of those who wrote here go by. */
  readonly sharedNames = computed(() => sharedNames(this.messages.value.map(({ message }) => message.author)));
  readonly head = signal<ChannelHead>({ rememberedRounds: 0, wantsFeedback: false });
  readonly load = signal<Load>("none");
  readonly hasUnread = signal(false);
  /** What stands in the composer. */
  readonly draft = signal("");
  /** The files that go with it. */
  readonly files = signal<readonly DraftFile[]>([]);
  /** Messages sent from this window. */
  readonly numSent = signal(0);
  /** Id of the sent message that is being changed in the composer. */
  readonly editing = signal<string | undefined>(undefined);
  #early: { event: ChannelEvent; number: number }[] = [];
  #snapshotNumber = 0;
  #numLoads = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** Returns whether no later load has begun: only the newest load's snapshot goes with the events that are kept for it. */
  startLoading(): () => boolean {
    const number = ++this.#numLoads;
    this.#early = [];
    if (this.load.value === "none") this.load.value = "loading";
    this.#snapshotNumber = Number.POSITIVE_INFINITY;
    return () => number === this.#numLoads;
  }

  /** No snapshot came: what is shown may be old, and opening the channel loads it again. */
  giveUpLoading(): void {
    this.#early = [];
    this.#snapshotNumber = 0;
    this.load.value = "none";
  }

  /** Nothing of what was here is left. */
  empty(): void {
    this.giveUpLoading();
    this.messages.value = [];
  }

  /** Takes over a snapshot, keeping the views of messages already shown, then what happened since it was taken. */
  loadSnapshot(snapshot: ChannelSnapshot): void {
    batch(() => {
      const known = new Map(this.messages.value.map((view) => [view.message.id, view]));
      this.messages.value = snapshot.messages.map((message) => refresh(known.get(message.id), message));
      this.head.value = snapshot.head;
      this.load.value = "loaded";
      this.#snapshotNumber = eventNumber(snapshot.eventId);
      const early = this.#early;
      this.#early = [];
      for (const { event, number } of early) this.apply(event, number);
    });
  }

  /** Applies an event. False says that something before it is missing and the channel must be loaded again. */
  apply(event: ChannelEvent, number: number): boolean {
    if (this.#snapshotNumber === Number.POSITIVE_INFINITY) {
      this.#early.push({ event, number });
      return true;
    }
    if (this.load.value === "none" || number <= this.#snapshotNumber) return true;
    return this.#applyNew(event);
  }

  view(messageId: string): MessageView | undefined {
    // From the end: what changes is nearly always new.
    return this.messages.value.findLast((view) => view.message.id === messageId);
  }

  #applyNew(event: ChannelEvent): boolean {
    if (event.type === "head") this.head.value = event.head;
    if (event.type === "message") this.#put(event.message);
    if (event.type === "head" || event.type === "message") return true;
    const view = this.view(event.messageId);
    if (event.type === "removed") this.messages.value = this.messages.value.filter((other) => other !== view);
    if (event.type === "removed") return true;
    if (view === undefined) return false;
    if (event.type === "append") return append(view, event.offset, event.text);
    batch(() => {
      if (event.text !== undefined) view.text.value = event.text;
      view.state.value = event.state;
    });
    return true;
  }

  #put(message: ChatMessage): void {
    const known = this.view(message.id);
    if (known === undefined) this.messages.value = [...this.messages.value, refresh(undefined, message)];
    else refresh(known, message);
  }
}

/** Puts text at its offset; what is there already is not added twice. False: text before it is missing. */
function append(view: MessageView, offset: number, text: string): boolean {
  const current = view.text.value;
  if (offset > current.length) return false;
  if (offset + text.length > current.length) view.text.value = current + text.slice(current.length - offset);
  return true;
}

function refresh(view: MessageView | undefined, message: ChatMessage): MessageView {
  const isEdited = message.isEdited ?? false;
  if (view === undefined)
    return {
      message,
      text: signal(message.text),
      state: signal(message.state),
      versions: signal(message.versions ?? []),
      shownVersion: signal(undefined),
      isEdited: signal(isEdited),
      rated: signal(message.rated),
      replyId: signal(message.replyId),
      ratings: new Map(),
    };
  // Events go to everyone, and tell nobody's ratings.
  view.ratings.set(view.replyId.value, view.rated.value);
  view.replyId.value = message.replyId;
  view.rated.value = message.rated ?? view.ratings.get(message.replyId);
  view.isEdited.value = isEdited;
  const { versions = [] } = message;
  // Who looks at an older one while another is made wants to see that.
  if (versions.length !== view.versions.value.length) view.shownVersion.value = undefined;
  view.versions.value = versions;
  view.text.value = message.text;
  view.state.value = message.state;
  return view;
}
