/** The name that stands for one's first chat in an address; those of the others have `/` and their own id behind it. */
const FIRST_CHAT = "@cria";

/** What an address shows after its `#` for a channel. */
export function fragmentOf(channelId: string, directId: string): string {
  if (channelId === directId) return `#${FIRST_CHAT}`;
  return `#${channelId.startsWith(`${directId}:`) ? `${FIRST_CHAT}/${channelId.slice(directId.length + 1)}` : channelId}`;
}

/** The channel, or one's own chat, that an address names after its `#`; undefined if it names none. */
export function channelInAddress(fragment: string, directId: string): string | undefined {
  const name = decoded(fragment.slice(1));
  if (name === FIRST_CHAT) return directId;
  const chat = name.startsWith(`${FIRST_CHAT}/`) ? name.slice(FIRST_CHAT.length + 1) : undefined;
  if (chat === undefined) return name || undefined;
  return /^[\w-]{8,64}$/.test(chat) ? `${directId}:${chat}` : undefined;
}

/** Empty if what stands there is no text. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return "";
  }
}
