import type { KeptMessage } from "../timeline/kept-message.ts";
import { TIMELINE_CAPACITY, type TimelineStore } from "../timeline/timeline-store.ts";

/** Timelines kept, each channel and each person's direct message being one; where there are more, the one silent longest goes. */
export const MAX_TIMELINES = 1_000;

/** Keeps timelines in this process: gone when it ends. */
export function createMemoryTimelineStore(): TimelineStore {
  const timelines = new Map<string, Map<string, KeptMessage>>();
  const channels = new Set<string>();

  return {
    outlivesProcess: false,
    async messages(channelId) {
      return [...(timelines.get(channelId)?.values() ?? [])];
    },
    async put(channelId, message) {
      const timeline = timelines.get(channelId) ?? new Map<string, KeptMessage>();
      // Set again so that the map's order is the order of use.
      timelines.delete(channelId);
      timelines.set(channelId, timeline.set(message.id, message));
      dropOldest(timeline, TIMELINE_CAPACITY);
      dropOldest(timelines, MAX_TIMELINES);
    },
    async remove(channelId, messageId) {
      timelines.get(channelId)?.delete(messageId);
    },
    async forget(channelId) {
      timelines.delete(channelId);
    },
    async newest(channelIds) {
      const times = channelIds.map((id) => [id, [...(timelines.get(id)?.values() ?? [])].at(-1)?.atMs] as const);
      return Object.fromEntries(times.filter((entry): entry is [string, number] => entry[1] !== undefined));
    },
    async channels() {
      return [...channels];
    },
    async addChannel(name) {
      channels.add(name);
    },
  };
}

function dropOldest(entries: Map<string, unknown>, most: number): void {
  const [oldest] = entries.keys();
  if (entries.size > most) entries.delete(oldest!);
}
