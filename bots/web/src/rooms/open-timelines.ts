import type { Logger } from "pino";
import { WebError } from "../errors.ts";
import type { EventFeed } from "../feed/event-feed.ts";
import { Timeline } from "../timeline/timeline.ts";
import type { TimelineStore } from "../timeline/timeline-store.ts";
import { isDirectChannel, ownerOf } from "./channel-names.ts";

/** Chats held open at once; those unused the longest are read from the store again. */
const MAX_OPEN_TIMELINES = 1_000;

export interface OpenTimelinesOptions {
  readonly store: TimelineStore;
  readonly feed: EventFeed;
  readonly logger: Logger;
  /** Channels for all. */
  channels(): readonly string[];
  /** Whether a reply is under way in a channel. */
  isBusy(channelId: string): boolean;
}

/** The timelines that are held open, each for those who may see it. */
export class OpenTimelines {
  readonly #options: OpenTimelinesOptions;
  readonly #timelines = new Map<string, Promise<Timeline>>();

  constructor(options: OpenTimelinesOptions) {
    this.#options = options;
  }

  /** The timeline of a channel, or of one's own chat. Throws a WebError for others' and for what is not there. */
  get(personId: string, channelId: string): Promise<Timeline> {
    const owner = ownerOf(channelId);
    if (isDirectChannel(channelId) && owner !== personId)
      throw new WebError("forbidden", "This is the chat of somebody else.");
    if (owner === undefined && !this.#options.channels().includes(channelId))
      throw new WebError("notFound", `There is no channel #${channelId.slice(0, 64)}.`);
    const opened = this.#timelines.get(channelId) ?? this.#open(channelId, owner);
    // Set again so that the map's order is the order of use.
    this.#timelines.delete(channelId);
    this.#timelines.set(channelId, opened);
    this.#closeUnused();
    return opened;
  }

  /** Forgets a timeline for good. */
  async forget(timeline: Timeline): Promise<void> {
    this.#timelines.delete(timeline.channelId);
    await timeline.discard();
    await this.#options.store.forget(timeline.channelId);
  }

  /** Writes down what is not yet; what the store does not take is logged. */
  async close(): Promise<void> {
    const timelines = await Promise.allSettled(this.#timelines.values());
    await Promise.all(timelines.map((opened) => (opened.status === "fulfilled" ? opened.value.close() : undefined)));
  }

  #open(channelId: string, audience: string | undefined): Promise<Timeline> {
    const { store, feed, logger } = this.#options;
    const opening = Timeline.open({ channelId, store, feed, logger, ...(audience === undefined ? {} : { audience }) });
    // A store that failed is asked again the next time.
    opening.catch(() => this.#timelines.delete(channelId));
    return opening;
  }

  #closeUnused(): void {
    if (this.#timelines.size <= MAX_OPEN_TIMELINES) return;
    for (const [channelId, opened] of this.#timelines) {
      if (!isDirectChannel(channelId) || this.#options.isBusy(channelId)) continue;
      this.#timelines.delete(channelId);
      opened.then((timeline) => timeline.close()).catch(() => undefined);
      return;
    }
  }
}
