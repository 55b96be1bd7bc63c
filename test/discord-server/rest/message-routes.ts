import { ApiError } from "../api-error.ts";
import { parseMessageBody } from "../world/message-body.ts";
import { createMessage, deleteMessage, editMessage, findMessage } from "../world/messages.ts";
import { may, requireBotMay, sendPermission } from "../world/permissions.ts";
import { archiveThread } from "../world/threads.ts";
import type { Channel } from "../world/world.ts";
import { type ApiRequest, channelOf, type Route } from "./route.ts";

const MAX_PAGE = 100;

/** Messages. */
export const MESSAGE_ROUTES: readonly Route[] = messageRoutes();

function messageRoutes(): Route[] {
  const one = "/channels/:channel/messages/:message";
  return [
    {
      method: "GET",
      path: "/channels/:channel/messages",
      bucket: "other",
      handle: ({ world }, { params, query }) => {
        const channel = channelOf(world, params, "ReadMessageHistory");
        const before = BigInt(query.get("before") ?? "9223372036854775807");
        const after = BigInt(query.get("after") ?? 0);
        const limit = Math.min(Number(query.get("limit") ?? 50), MAX_PAGE);
        const shown = [...channel.messages.values()].filter(({ ephemeralFor, json: { id } }) => {
          return !ephemeralFor && BigInt(id) < before && BigInt(id) > after;
        });
        // The newest first; after a message, the oldest that follow it.
        const page = query.has("after") ? shown.slice(0, limit) : shown.slice(-limit);
        return page.reverse().map(({ json }) => json);
      },
    },
    {
      method: "POST",
      path: "/channels/:channel/messages",
      bucket: "createMessage",
      handle: ({ world }, { params, json, files }) => {
        const channel = channelOf(world, params);
        requireBotMay(world, channel, sendPermission(channel));
        if (channel.isArchived) archiveThread(world, channel, false);
        const body = parseMessageBody(json, world.limits);
        if (body.message_reference && !may(world, channel, world.bot.id, "ReadMessageHistory"))
          throw new ApiError(160002);
        return createMessage(world, { channel, author: world.bot, body, files }).json;
      },
    },
    {
      method: "GET",
      path: one,
      bucket: "other",
      handle: ({ world }, { params }) => seenMessage(channelOf(world, params, "ReadMessageHistory"), params).json,
    },
    {
      method: "PATCH",
      path: one,
      bucket: "editMessage",
      handle: ({ world }, { params, json, files }) => {
        const channel = channelOf(world, params);
        const stored = seenMessage(channel, params);
        if (stored.json.author.id !== world.bot.id) throw new ApiError(50005);
        editMessage(world, channel, stored, parseMessageBody(json, world.limits), files);
        return stored.json;
      },
    },
    {
      method: "DELETE",
      path: one,
      bucket: "deleteMessage",
      handle: ({ world }, { params }) => {
        const channel = channelOf(world, params);
        const stored = seenMessage(channel, params);
        const isOwn = stored.json.author.id === world.bot.id;
        if (!isOwn && !may(world, channel, world.bot.id, "ManageMessages")) throw new ApiError(50013);
        deleteMessage(world, channel, stored);
      },
    },
  ];
}

/** A message that is not ephemeral: those are no messages to the channel's routes. */
function seenMessage(channel: Channel, { message: id }: ApiRequest["params"]) {
  const stored = findMessage(channel, id!);
  if (stored.ephemeralFor) throw new ApiError(10008);
  return stored;
}
