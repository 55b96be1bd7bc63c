import type { Json } from "./blocks.ts";
import { previewsOf } from "./previews.ts";
import { translated } from "./translated-blocks.ts";
import type { Message, SlackFile, World } from "./world.ts";

/** A message as events and the Web API show it, without its metadata. */
export function messageJson(world: World, message: Message, baseUrl: string): Json {
  const { ts, threadTs, user, text, blocks, files, otherBotId } = message;
  const replies = world.messages.filter(({ channel, threadTs: root, isDeleted }) => {
    return channel === message.channel && root === ts && !isDeleted;
  });
  const attachments = [...message.attachments, ...previewsOf(message)];
  return {
    type: "message",
    ts,
    text,
    team: world.team.id,
    ...(otherBotId === undefined ? authorJson(world, user) : { subtype: "bot_message", bot_id: otherBotId }),
    ...(replies.length > 0 && { thread_ts: ts, reply_count: replies.length, latest_reply: replies.at(-1)!.ts }),
    ...(threadTs && { thread_ts: threadTs, parent_user_id: world.find(message.channel, threadTs)?.user }),
    ...(blocks.length > 0 && { blocks: translated(blocks) }),
    ...(attachments.length > 0 && { attachments }),
    ...(files.length > 0 && { files: files.map((file) => fileJson(file, baseUrl)) }),
    ...(message.isEdited && { edited: { user, ts } }),
  };
}

function authorJson(world: World, user: string): Json {
  const isBot = user === world.botUser;
  const from = world.users.get(user)?.teamId;
  return { user, user_team: from, ...(isBot && { bot_id: world.botId, app_id: world.appId }) };
}

function fileJson({ id, name, mimetype, filetype, size }: SlackFile, baseUrl: string): Json {
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
