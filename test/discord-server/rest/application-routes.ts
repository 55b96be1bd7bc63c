import { ApplicationFlags } from "discord-api-types/v10";
import { z } from "zod";
import { ApiError } from "../api-error.ts";
import { parseForm } from "../form.ts";
import type { CommandRegistry } from "../interactions/commands.ts";
import { channelJson, memberJson, type World } from "../world/world.ts";
import { type ApiParts, type ApiRequest, found, type Route } from "./route.ts";

/** The application, its commands, its guilds. */
export const APPLICATION_ROUTES: readonly Route[] = [
  { method: "GET", path: "/gateway/bot", bucket: "other", handle: ({ gatewayInfo }) => gatewayInfo() },
  { method: "GET", path: "/users/@me", bucket: "other", handle: ({ world }) => world.bot },
  {
    method: "GET",
    path: "/users/:user",
    bucket: "other",
    handle: ({ world }, { params }) => found(world.users, params.user, 10013),
  },
  {
    method: "POST",
    path: "/users/@me/channels",
    bucket: "other",
    handle: ({ world }, { json }) => {
      const { recipient_id } = parseForm(z.object({ recipient_id: z.string() }), json);
      return channelJson(world.directChannel(found(world.users, recipient_id, 10013)));
    },
  },
  ...["/applications/@me", "/oauth2/applications/@me"].map((path) => ({
    method: "GET",
    path,
    bucket: "other" as const,
    handle: ({ world, applicationFlags }: ApiParts) => ({
      id: world.bot.id,
      name: world.bot.username,
      description: "",
      icon: null,
      bot: world.bot,
      bot_public: true,
      bot_require_code_grant: false,
      verify_key: "",
      flags: applicationFlags(),
    }),
  })),
  ...commandRoutes("/applications/:app/commands"),
  ...commandRoutes("/applications/:app/guilds/:guild/commands"),
  ...guildRoutes(),
];

/** The portal's switch for message content, as the application's flags show it to a bot in few guilds. */
export const MESSAGE_CONTENT_FLAG = ApplicationFlags.GatewayMessageContentLimited;

function commandRoutes(path: string): Route[] {
  const route = (
    method: string,
    more: string,
    handle: (commands: CommandRegistry, scope: string, request: ApiRequest) => unknown,
  ): Route => ({
    method,
    path: path + more,
    bucket: "other",
    handle: ({ world, commands }, request) => {
      const { app, guild } = request.params;
      if (app !== world.bot.id) throw new ApiError(20012);
      if (guild && !world.guilds.get(guild)?.members.has(world.bot.id)) throw new ApiError(50001);
      return handle(commands, guild ?? "global", request);
    },
  });
  return [
    route("GET", "", (commands, scope) => commands.list(scope)),
    route("PUT", "", (commands, scope, { json }) => commands.overwrite(scope, json)),
  ];
}

function guildRoutes(): Route[] {
  const route = (path: string, handle: Route["handle"]): Route => ({ method: "GET", path, bucket: "other", handle });
  const guildOf = (world: World, id: string | undefined) => {
    const guild = found(world.guilds, id, 10004);
    if (!guild.members.has(world.bot.id)) throw new ApiError(50001);
    return guild;
  };
  return [
    route("/guilds/:guild", ({ world }, { params }) => {
      const { id, name, ownerId, roles } = guildOf(world, params.guild);
      return { id, name, owner_id: ownerId, roles: [...roles.values()], emojis: [], stickers: [], features: [] };
    }),
    route("/guilds/:guild/roles", ({ world }, { params }) => [...guildOf(world, params.guild).roles.values()]),
    route("/guilds/:guild/channels", ({ world }, { params }) => {
      const { id } = guildOf(world, params.guild);
      return [...world.channels.values()].filter(({ guildId }) => guildId === id).map(channelJson);
    }),
    route("/guilds/:guild/members/:user", ({ world }, { params }) => {
      const member = found(guildOf(world, params.guild).members, params.user, 10007);
      return { ...memberJson(member), user: member.user };
    }),
  ];
}
