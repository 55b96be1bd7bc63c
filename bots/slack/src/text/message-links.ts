/** A message that a text links to. */
export interface LinkedMessage {
  readonly channel: string;
  readonly ts: string;
  /** Of a message in a thread, its root; else the message itself. */
  readonly threadTs: string;
}

/** As Slack's "Copy link" writes them. */
const LINK = /https:\/\/[\w.-]+\/archives\/([A-Z0-9]+)\/p(\d{10})(\d{6})(?:\?([^\s|>]*))?/g;

/** The messages that a text links to, each once, in order. */
export function linkedMessages(text: string): readonly LinkedMessage[] {
  const links = [...text.matchAll(LINK)].map(([, channel = "", seconds, micros, query = ""]) => {
    const ts = `${seconds}.${micros}`;
    const threadTs = new URLSearchParams(query.replaceAll("&amp;", "&")).get("thread_ts") ?? ts;
    return { channel, ts, threadTs };
  });
  return [...new Map(links.map((link) => [`${link.channel}:${link.ts}`, link])).values()];
}
