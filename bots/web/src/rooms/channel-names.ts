import { WebError } from "../errors.ts";
import { MAX_CHANNEL_NAME_LENGTH } from "../wire.ts";

/** Channels that are always there. */
export const FIRST_CHANNELS: readonly string[] = ["general", "random"];
/** More would not fit a list that people read. */
export const MAX_CHANNELS = 50;

const DIRECT_PREFIX = "dm:";

/** The channel of one person and the bot. No channel for all can have such a name. */
export function directChannelOf(personId: string): string {
  return `${DIRECT_PREFIX}${personId}`;
}

/** Whose direct message it is; undefined for a channel. */
export function personOf(channelId: string): string | undefined {
  return isDirectChannel(channelId) ? channelId.slice(DIRECT_PREFIX.length) : undefined;
}

export function isDirectChannel(channelId: string): boolean {
  return channelId.startsWith(DIRECT_PREFIX);
}

/** The name as channels are written: lower case, `-` for spaces, no leading `#`. Throws a WebError if it is no name. */
export function channelName(text: string): string {
  const name = text.trim().replace(/^#/, "").toLowerCase().replace(/\s+/g, "-");
  if (name.length > MAX_CHANNEL_NAME_LENGTH)
    throw new WebError(
      "invalid",
      `The channel name has ${name.length} characters; at most ${MAX_CHANNEL_NAME_LENGTH} are allowed.`,
    );
  if (!/^[\p{Ll}\p{Lo}\p{N}][\p{Ll}\p{Lo}\p{N}_-]*$/u.test(name))
    throw new WebError(
      "invalid",
      "A channel name begins with a letter or digit and holds only letters, digits, - and _.",
    );
  return name;
}
