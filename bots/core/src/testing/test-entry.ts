import type { NewEntry } from "../conversation/inbox.ts";

let numEntries = 0;

/** An entry of an event of its own. */
export function testEntry(fields: Partial<NewEntry> = {}): NewEntry {
  const number = numEntries++;
  return {
    eventId: `event-${number}:{x}`,
    kind: "message",
    place: { platform: "web", workspaceId: "local", channelId: "general", isDirect: false },
    messageId: `m${number}`,
    replyId: `r${number}`,
    raw: JSON.stringify({ text: 'A "raw" text 👩🏽‍🚀\u0000\n' }),
    ...fields,
  };
}
