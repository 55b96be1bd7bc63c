import type { PacedClient } from "../api/paced-client.ts";

/** As many as Slack recommends at most: https://docs.slack.dev/reference/methods/users.conversations */
const PAGE_SIZE = 200;
/** Of one listing; who is in more than a thousand channels is not shown all of them. */
const MAX_PAGES = 5;
/** Of one page. */
const MAX_WAIT_MS = 5_000;

/** A channel, public or private. */
export interface SharedChannel {
  readonly id: string;
  readonly name?: string;
}

/**
 * The channels that someone and the bot are both in. Slack lists public channels of a person whether or not the bot is in
 * them, so both are listed.
 */
export async function sharedChannels(client: PacedClient, userId: string): Promise<readonly SharedChannel[]> {
  const [own, theirs] = await Promise.all([channelsOf(client, {}), channelsOf(client, { user: userId })]);
  const ids = new Set(theirs.map(({ id }) => id));
  return own.filter(({ id }) => ids.has(id));
}

/** The bot's own where no user is named. */
async function channelsOf(client: PacedClient, whose: { readonly user?: string }): Promise<readonly SharedChannel[]> {
  const args = { ...whose, types: "public_channel,private_channel", exclude_archived: true, limit: PAGE_SIZE };
  const channels: SharedChannel[] = [];
  let cursor = "";
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const answer = await client.callWithin(MAX_WAIT_MS, "users.conversations", { ...args, ...(cursor && { cursor }) });
    channels.push(...((answer as { channels?: readonly SharedChannel[] }).channels ?? []));
    cursor = answer.response_metadata?.next_cursor ?? "";
    if (cursor === "") break;
  }
  return channels;
}
