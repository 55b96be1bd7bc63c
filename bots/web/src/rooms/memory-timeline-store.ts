import type { ChatMessage } from "../wire.ts";
import { TIMELINE_CAPACITY, type TimelineStore } from "./timeline-store.ts";

/** Keeps timelines in this process: gone when it ends. */
export function createMemoryTimelineStore(): TimelineStore {
  const timelines = new Map<string, Map<string, ChatMessage>>();
  const channels = new Set<string>();

  return {
    async messages(channelId) {
      return [...(timelines.get(channelId)?.values() ?? [])];
    },
    async put(channelId, message) {
      const timeline = timelines.get(channelId) ?? new Map<string, ChatMessage>();
      timelines.set(channelId, timeline.set(message.id, message));
      if (timeline.size <= TIMELINE_CAPACITY) return;
      const [oldest] = timeline.keys();
      timeline.delete(oldest!);
    },
    async channels() {
      return [...channels];
    },
    async addChannel(name) {
      channels.add(name);
    },
  };
}
