import { ChannelType } from "discord-api-types/v10";
import { ApiError } from "../api-error.ts";
import type { CommandRegistry } from "../interactions/commands.ts";
import type { Interactions } from "../interactions/interactions.ts";
import type { Bucket } from "../limits.ts";
import { requireBotMay } from "../world/permissions.ts";
import type { Channel, World } from "../world/world.ts";
import type { RequestBody } from "./request-body.ts";

/** What handlers work on. */
export interface ApiParts {
  readonly world: World;
  readonly commands: CommandRegistry;
  readonly interactions: Interactions;
  /** What GET /gateway/bot says. */
  readonly gatewayInfo: () => object;
  /** Bits of the application's flags, as the developer portal's switches set them. */
  readonly applicationFlags: () => number;
}

/** A request, its path's parameters by name. */
export interface ApiRequest extends RequestBody {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface Route {
  readonly method: string;
  /** Below /api/v10, parameters as `:name`. */
  readonly path: string;
  readonly bucket: Bucket;
  /** Interactions show their own token instead of the bot's, and count in no global limit. */
  readonly isOpen?: boolean;
  /** Returns the answer's JSON; nothing for 204. */
  readonly handle: (parts: ApiParts, request: ApiRequest) => unknown;
}

/** The channel a path names, where the bot is and may do this. */
export function channelOf(
  world: World,
  { channel: id }: ApiRequest["params"],
  ...permissions: Parameters<typeof requireBotMay>[2][]
): Channel {
  const channel = found(world.channels, id, 10003);
  const isIn = channel.type === ChannelType.DM || world.guilds.get(channel.guildId!)?.members.has(world.bot.id);
  if (!isIn) throw new ApiError(50001);
  requireBotMay(world, channel, ...permissions);
  return channel;
}

/** The value of that id. @throws ApiError of the code given */
export function found<T>(map: ReadonlyMap<string, T>, id: string | undefined, error: 10003 | 10004 | 10007 | 10013): T {
  const value = map.get(id ?? "");
  if (value === undefined) throw new ApiError(error);
  return value;
}
