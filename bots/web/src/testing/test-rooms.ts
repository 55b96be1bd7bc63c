import { type BotCoreOptions, createBotCore, createMemoryStores } from "@cria/bot-core";
import { FakeInferenceClient } from "@cria/bot-core/testing";
import { pino } from "pino";
import { createCoreBot } from "../core-bot.ts";
import { EventFeed } from "../feed/event-feed.ts";
import { directChannelOf } from "../rooms/channel-names.ts";
import { ChatRooms } from "../rooms/chat-rooms.ts";
import { createMemoryChatStore } from "../store/memory-chat-store.ts";
import { createMemoryTimelineStore } from "../store/memory-timeline-store.ts";
import type { TimelineStore } from "../timeline/timeline-store.ts";
import { BOT, type ChatMessage, type Person, type ServerEvent } from "../wire.ts";
import { WEB_WORDS } from "../words.ts";
import { TEST_MODELS } from "./test-models.ts";

export const ADA: Person = { id: "ada", name: "Ada" };
export const BEN: Person = { id: "ben", name: "Ben" };

/** Rooms over the real core and a scripted inference service, without HTTP. */
export class TestRooms {
  readonly inference = new FakeInferenceClient(TEST_MODELS);
  readonly feed = new EventFeed("run");
  readonly store: TimelineStore = createMemoryTimelineStore();
  readonly chatStore = createMemoryChatStore();
  /** Ada's. */
  readonly direct = directChannelOf(ADA.id);
  rooms!: ChatRooms;
  /** A test may hold it. */
  now: () => number = Date.now;
  #numMessages = 0;

  static async open(options: Partial<BotCoreOptions> = {}): Promise<TestRooms> {
    const opened = new TestRooms();
    await opened.reopen(options);
    return opened;
  }

  /** Rooms anew over the same timelines. */
  async reopen(options: Partial<BotCoreOptions> = {}): Promise<void> {
    const { inference, feed, store, chatStore } = this;
    const logger = pino({ level: "silent" });
    const memory = createMemoryStores({ roundsTtlMs: 60_000 });
    const core = createBotCore({ stores: memory, inference, logger, words: WEB_WORDS, ...options });
    const bot = createCoreBot({ core, stores: memory, inference });
    this.rooms = await ChatRooms.open({
      bot,
      store,
      chatStore,
      feed,
      logger,
      workspaceName: "Alpaca Club",
      now: () => this.now(),
    });
  }

  async post(person: Person, channelId: string, text: string): Promise<void> {
    await this.rooms.post(person, channelId, { id: `message-${++this.#numMessages}`, text });
  }

  /** Changes what Ada wrote in #general. */
  async edit(text: string, newText: string): Promise<void> {
    const { id } = (await this.messages("general")).findLast((message) => message.text === text)!;
    await this.rooms.edit(ADA, "general", { id, text: newText });
  }

  async messages(channelId: string, person: Person = ADA): Promise<readonly ChatMessage[]> {
    return (await this.rooms.snapshot(person, channelId)).messages;
  }

  async texts(channelId: string): Promise<readonly string[]> {
    return (await this.messages(channelId)).map(({ text }) => text);
  }

  /** Resolves at the first event for a person that satisfies the predicate. */
  eventually(predicate: (event: ServerEvent) => boolean, person: Person = ADA): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.feed.subscribe(person.id, ({ event }) => {
        if (!predicate(event)) return;
        stop();
        resolve();
      });
    });
  }

  replyEnds(): Promise<void> {
    return this.eventually(
      (event) => event.type === "state" && (event.state.type === "ended" || event.state.type === "failed"),
    );
  }

  replyStreams(): Promise<void> {
    return this.eventually((event) => event.type === "append");
  }

  botSpeaks(): Promise<void> {
    return this.eventually((event) => event.type === "message" && event.message.author.id === BOT.id);
  }

  headChanges(): Promise<void> {
    return this.eventually((event) => event.type === "head");
  }
}
