import { z } from "zod";
import { ApiError } from "../api-error.ts";
import { parseForm } from "../form.ts";
import { findMessage } from "../world/messages.ts";
import { requireBotMay, sendPermission } from "../world/permissions.ts";
import { archiveThread, joinThread, startThread, threadMember } from "../world/threads.ts";
import { channelJson } from "../world/world.ts";
import { channelOf, type Route } from "./route.ts";

/** Channels and threads. */
export const CHANNEL_ROUTES: readonly Route[] = [...channelRoutes(), ...threadRoutes()];

function channelRoutes(): Route[] {
  return [
    {
      method: "GET",
      path: "/channels/:channel",
      bucket: "other",
      handle: ({ world }, { params }) => channelJson(channelOf(world, params)),
    },
    {
      method: "PATCH",
      path: "/channels/:channel",
      bucket: "other",
      handle: ({ world }, { params, json }) => {
        const channel = channelOf(world, params);
        const { archived } = parseForm(z.object({ archived: z.boolean().optional() }), json);
        if (channel.isLocked) requireBotMay(world, channel, "ManageThreads");
        if (archived !== undefined) archiveThread(world, channel, archived);
        return channelJson(channel);
      },
    },
    {
      method: "POST",
      path: "/channels/:channel/typing",
      bucket: "typing",
      handle: ({ world }, { params }) => {
        const channel = channelOf(world, params);
        requireBotMay(world, channel, sendPermission(channel));
        channel.typing.set(world.bot.id, world.now() + world.limits.typingMs);
      },
    },
  ];
}

function threadRoutes(): Route[] {
  const start: Route["handle"] = ({ world }, { params, json }) => {
    const channel = channelOf(world, params);
    if (params.message) findMessage(channel, params.message);
    requireBotMay(world, channel, "CreatePublicThreads");
    return channelJson(startThread(world, channel, world.bot.id, json, params.message));
  };
  return [
    { method: "POST", path: "/channels/:channel/threads", bucket: "other", handle: start },
    { method: "POST", path: "/channels/:channel/messages/:message/threads", bucket: "other", handle: start },
    {
      method: "GET",
      path: "/channels/:channel/thread-members",
      bucket: "other",
      handle: ({ world }, { params }) => {
        const thread = channelOf(world, params);
        return [...thread.threadMembers.keys()].map((id) => threadMember(thread, id));
      },
    },
    {
      method: "GET",
      path: "/channels/:channel/thread-members/:user",
      bucket: "other",
      handle: ({ world }, { params }) => {
        const thread = channelOf(world, params);
        const id = params.user === "@me" ? world.bot.id : params.user!;
        if (!thread.threadMembers.has(id)) throw new ApiError(10007);
        return threadMember(thread, id);
      },
    },
    {
      method: "PUT",
      path: "/channels/:channel/thread-members/@me",
      bucket: "other",
      handle: ({ world }, { params }) => joinThread(world, channelOf(world, params), world.bot.id),
    },
  ];
}
