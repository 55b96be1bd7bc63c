import type { Place } from "@cria/bot-core";
import { WebError } from "../errors.ts";
import { MAX_CHANNEL_NAME_LENGTH } from "../wire.ts";

/** Channels that are always there. */
export const FIRST_CHANNELS: readonly string[] = ["general", "random"];
/** More would not fit a list that people read. */
export const MAX_CHANNELS = 50;

const DIRECT_PREFIX = "dm:";

/** A person's first chat with the bot; the others' ids have `:` and an id of their own behind it. */
export function directChannelOf(personId: string): string {
  return `${DIRECT_PREFIX}${personId}`;
}

/** Whether a channel is somebody's chat with the bot. No channel for all can have such a name. */
export function isDirectChannel(channelId: string): boolean {
  return channelId.startsWith(DIRECT_PREFIX);
}

/** The person whose chat with the bot it is; undefined for anything else. */
export function ownerOf(channelId: string): string | undefined {
  return /^dm:([\w-]+)(?::[\w-]{8,64})?$/.exec(channelId)?.[1];
}

/** Where a channel's conversation takes place. */
export function placeOf(channelId: string): Place {
  return { platform: "web", workspaceId: "local", channelId, isDirect: isDirectChannel(channelId) };
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
