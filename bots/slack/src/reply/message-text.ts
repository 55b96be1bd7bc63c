import { defusePings, shorten } from "@cria/bot-core";

/** Most escaped bytes of a message's Markdown: what stands under it has to fit into Slack's 13,200 as well. */
export const MAX_MARKDOWN_BYTES = 11_000;
/** Most escaped bytes of what notifications and screen readers show; an update takes 4,000. */
const MAX_FALLBACK_BYTES = 3_000;

/** What pings in Slack, inside code as well: `<!channel>`, `<!subteam^S1>`, `<@U1>`, and a bare @here where a client takes it. */
const PINGS = /<(?=!(?:channel|here|everyone|subteam)\b|@[A-Z0-9])|(?<![\w@\u200b])@(?=(?:channel|here|everyone)\b)/g;
/** The end of a text that may yet become a ping. */
const PING_BEGUN = /(?:<[!@]?[a-zA-Z0-9^]*|@[a-z]*)$/;

/** A text that pings nobody. */
export function withoutPings(text: string): string {
  return defusePings(text, PINGS);
}

/** A growing text without an end that may yet become a ping: what is left never changes again. */
export function withoutPingBegun(text: string): string {
  const [begun] = PING_BEGUN.exec(text.slice(-40)) ?? [""];
  return text.slice(0, text.length - begun.length);
}

/** Length as Slack counts it: UTF-8 with `&`, `<` and `>` as entities. */
export function escapedBytes(text: string): number {
  let bytes = Buffer.byteLength(text);
  for (const character of text) bytes += ENTITY_EXTRA[character] ?? 0;
  return bytes;
}

const ENTITY_EXTRA: Readonly<Record<string, number>> = { "&": 4, "<": 3, ">": 3 };

/** The text for places without blocks. */
export function fallbackText(text: string): string {
  let shown = shorten(text, MAX_FALLBACK_BYTES);
  while (escapedBytes(shown) > MAX_FALLBACK_BYTES) shown = shorten(text, Math.floor(shown.length * 0.9));
  return shown;
}

/** Text as Slack's own mrkdwn shows it literally. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
