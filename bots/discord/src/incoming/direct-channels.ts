import { knownConversations, type RedisConnection, workspaceKey } from "@cria/bot-core";
import { DIRECT_WORKSPACE } from "./place.ts";

const DIRECT = { platform: "discord", workspaceId: DIRECT_WORKSPACE, channelId: "", isDirect: true };

/** Ids of the direct-message channels of which Redis knows something. Discord tells a bot of none. */
export async function knownDirectChannels(redis: RedisConnection): Promise<readonly string[]> {
  const conversations = await knownConversations(redis, workspaceKey(DIRECT));
  return conversations.map((conversation) => conversation.split(":")[2] ?? "").filter((id) => /^\d+$/.test(id));
}
