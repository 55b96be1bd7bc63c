import type { Json } from "../world/blocks.ts";
import { messageJson } from "../world/message-json.ts";
import type { SlackFile, World } from "../world/world.ts";
import { type Arguments, type CallContext, checkThread, type Method, text, writableChannel } from "./method.ts";
import { invalidArguments, SlackRefusal } from "./slack-error.ts";

/** Uploading a file in three steps: ask for an address, send the bytes there, share it. */
export const fileMethods: Readonly<Record<string, Method>> = {
  "files.getUploadURLExternal": {
    required: ["filename", "length"],
    optional: ["alt_txt", "snippet_type"],
    scopes: ["files:write"],
    run: (args, { world, baseUrl }) => {
      const length = Number(args.length);
      if (!Number.isInteger(length) || length < 1) throw invalidArguments("length must be 1 or more");
      const id = world.id("F");
      world.uploads.set(id, { name: text(args, "filename"), length });
      return { upload_url: `${baseUrl}/upload/${id}`, file_id: id };
    },
  },
  "files.completeUploadExternal": {
    required: ["files"],
    optional: ["channel_id", "thread_ts", "channels", "initial_comment", "blocks"],
    scopes: ["files:write"],
    run: complete,
  },
};

/** Takes the bytes of an upload. Returns the HTTP status: each address takes what was announced, once. */
export function receiveUpload(world: World, id: string, content: Buffer): number {
  const upload = world.uploads.get(id);
  if (!upload) return 404;
  if (world.files.has(id) || content.length !== upload.length) return 400;
  const filetype = upload.name.split(".").at(-1) ?? "";
  const about = { id, name: upload.name, mimetype: "text/plain", filetype, size: content.length };
  world.files.set(id, { ...about, content });
  return 200;
}

/** Without a channel the files stay private. An address is good for one sharing. */
function complete(args: Arguments, context: CallContext): Json {
  const { world } = context;
  if (!Array.isArray(args.files) || args.files.length === 0) throw invalidArguments("files must be an array");
  const files = (args.files as Json[]).map(({ id }) => uploaded(world, String(id)));
  if (args.channel_id !== undefined) share(args, files, context);
  for (const { id } of files) world.uploads.delete(id);
  return { files: files.map(({ id, name }) => ({ id, title: name })) };
}

function uploaded(world: World, id: string): SlackFile {
  const file = world.files.get(id);
  if (!file || !world.uploads.has(id)) throw new SlackRefusal("file_not_found");
  return file;
}

function share(args: Arguments, files: readonly SlackFile[], { world, baseUrl, emit }: CallContext): void {
  const { id: channel, type } = writableChannel(world, text(args, "channel_id"));
  const threadTs = checkThread(world, channel, args.thread_ts);
  const message = world.add({ channel, user: world.botUser, threadTs, text: text(args, "initial_comment"), files });
  const json = messageJson(world, message, baseUrl);
  emit({ ...json, subtype: "file_share", channel, channel_type: type, event_ts: message.ts });
}
