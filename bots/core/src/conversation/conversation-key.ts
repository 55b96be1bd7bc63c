import type { SettingsScope } from "../port/command.ts";
import type { Author, Place } from "../port/place.ts";

/** Ids are opaque and may hold ":" or "{", which mean something in keys. */
const join = (...ids: readonly string[]) => ids.map(encodeURIComponent).join(":");

/** Key of the workspace: its settings. As `web:local`. */
export function workspaceKey(place: Place): string {
  return join(place.platform, place.workspaceId);
}

/** Whom the inference service counts a fair share for: a person of a workspace, so that colleagues share fairly too. As `slack:T1:U1`. */
export function tenantKey(place: Place, author: Pick<Author, "id">): string {
  return join(place.platform, place.workspaceId, author.id);
}

/**
 * Who share cached prefixes: a workspace; in a direct message the person alone, as the count of cached tokens would tell
 * others what is said there.
 */
export function cacheSalt(place: Place, author: Pick<Author, "id">): string {
  return place.isDirect ? tenantKey(place, author) : workspaceKey(place);
}

/** Key of the conversation: the thread if there is one, else the channel. As `web:local:general` or `web:local:general:17`. */
export function conversationKey(place: Place): string {
  const channel = join(place.platform, place.workspaceId, place.channelId);
  return place.threadId === undefined ? channel : `${channel}:${encodeURIComponent(place.threadId)}`;
}

/** Key of the settings of a scope; without one, of the conversation itself. */
export function settingsKey(place: Place, scope: SettingsScope | undefined): string {
  const { threadId: _, ...channel } = place;
  if (scope === "workspace") return workspaceKey(place);
  return conversationKey(scope === "channel" ? channel : place);
}

/** Keys whose settings hold here, the nearest first: thread, channel, workspace. */
export function settingsKeys(place: Place): readonly string[] {
  const { threadId: _, ...channel } = place;
  return [...new Set([conversationKey(place), conversationKey(channel), workspaceKey(place)])];
}

/** Of a thread's key, its channel's; undefined for any other. */
export function channelOfThread(conversation: string): string | undefined {
  const parts = conversation.split(":");
  return parts.length > 3 ? parts.slice(0, 3).join(":") : undefined;
}

/** Who writes the bot's messages in a place: the key of inboxes. */
export function writerOf(place: Place): string {
  return place.writer ?? workspaceKey(place);
}
