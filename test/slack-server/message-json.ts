import type { Json } from "./blocks.ts";
import type { Message, SlackFile, World } from "./world.ts";

/** A message as events and the Web API show it. */
export function messageJson(world: World, message: Message, baseUrl: string): Json {
  const { ts, threadTs, user, text, blocks, files } = message;
  const isRoot = world.messages.some((other) => other.channel === message.channel && other.threadTs === ts);
  return {
    type: "message",
    user,
    ts,
    text,
    team: world.team.id,
    ...(isRoot && { thread_ts: ts }),
    ...(threadTs && { thread_ts: threadTs, parent_user_id: world.find(message.channel, threadTs)?.user }),
    ...(user === world.botUser && { bot_id: world.botId, app_id: world.appId }),
    ...(blocks.length > 0 && { blocks }),
    ...(files.length > 0 && { files: files.map((file) => fileJson(file, baseUrl)) }),
    ...(message.isEdited && { edited: { user, ts } }),
  };
}

export function fileJson({ id, name, mimetype, filetype, size }: SlackFile, baseUrl: string): Json {
  const url = `${baseUrl}/files/${id}/${encodeURIComponent(name)}`;
  return {
    id,
    name,
    title: name,
    mimetype,
    filetype,
    size,
    mode: "hosted",
    url_private: url,
    url_private_download: url,
  };
}
