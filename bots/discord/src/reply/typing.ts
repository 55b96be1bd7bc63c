import type { SendableChannels } from "discord.js";

/** Discord shows "is typing" for 10 s; a little earlier it is told again. */
const REPEAT_MS = 8_000;
/** A wait this long is a status message's to tell of. */
const MAX_REPEATS = 75;

/** Shows "is typing" until the returned function is called, or for ten minutes. Fails silently: it is a courtesy. */
export function showTyping(channel: SendableChannels): () => void {
  let repeats = 0;
  const show = () => {
    if (repeats++ === MAX_REPEATS) clearInterval(timer);
    channel.sendTyping().catch(() => undefined);
  };
  const timer = setInterval(show, REPEAT_MS);
  show();
  return () => clearInterval(timer);
}
