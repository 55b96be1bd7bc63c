import type { SlackMessageEvent } from "./message-event.ts";

/** Of what is kept of an event, in bytes: ten thousand may be pending. */
const MAX_RAW_BYTES = 60 * 1024;

/** An event as it is kept until it is answered: what another process reads of it, if that has to go on. */
export function toRaw(event: SlackMessageEvent): string {
  const { channel, channel_type, ts, thread_ts, user, user_team, subtype, text, files, blocks, attachments } = event;
  const head = { channel, channel_type, ts, thread_ts, user, user_team, subtype };
  const attached = { files, attachments };
  // Of what people write the text says all; blocks matter where there is none.
  const wholes = [
    { ...head, text, ...attached, ...(text === "" && { blocks }) },
    { ...head, text, files },
    { ...head, text },
  ];
  return wholes.map((whole) => JSON.stringify(whole)).find(isShort) ?? JSON.stringify(head);
}

/** What `toRaw` kept; `isWhole` is false where the message must be read again. */
export function fromRaw(raw: string): { readonly event: SlackMessageEvent; readonly isWhole: boolean } {
  const event = JSON.parse(raw) as SlackMessageEvent;
  return { event, isWhole: event.text !== undefined };
}

const isShort = (raw: string) => Buffer.byteLength(raw) <= MAX_RAW_BYTES;
