import type { Json } from "../world/blocks.ts";
import { messageJson } from "../world/message-json.ts";
import type { Channel, Message, World } from "../world/world.ts";
import { type Arguments, type CallContext, type Method, text, visibleChannel } from "./method.ts";
import { SlackRefusal } from "./slack-error.ts";

const PAGE = ["cursor", "limit", "latest", "oldest", "inclusive", "include_all_metadata"];
const TYPES = { channel: "public_channel", group: "private_channel", im: "im", mpim: "mpim" } as const;
const METADATA = "metadata.message:read";
const READ = { channel: "channels:read", group: "groups:read", im: "im:read", mpim: "mpim:read" };
const HISTORY = { channel: "channels:history", group: "groups:history", im: "im:history", mpim: "mpim:history" };

/** What the app can look up. */
export const readMethods: Readonly<Record<string, Method>> = {
  "auth.test": {
    required: [],
    optional: [],
    run: (_, { world, baseUrl }) => ({
      url: `${baseUrl}/`,
      team: world.team.name,
      team_id: world.team.id,
      user: "cria",
      user_id: world.botUser,
      bot_id: world.botId,
      is_enterprise_install: false,
    }),
  },
  "users.info": {
    required: ["user"],
    optional: ["include_locale"],
    scopes: ["users:read"],
    run: (args, { world }) => ({ user: userJson(world, text(args, "user")) }),
  },
  "users.conversations": {
    required: [],
    optional: ["user", "types", "exclude_archived", "limit", "cursor"],
    scopes: (args) => typesOf(args).map((type) => READ[type]),
    run: conversationsOf,
  },
  "usergroups.list": {
    required: [],
    optional: ["include_count", "include_disabled", "include_users"],
    scopes: ["usergroups:read"],
    run: (args, { world }) => {
      if (!world.userGroups) throw new SlackRefusal("plan_upgrade_required");
      const withUsers = text(args, "include_users") === "true";
      return {
        usergroups: world.userGroups.map(({ id, handle, users }) => ({
          id,
          handle,
          ...(withUsers && { users: [...users] }),
        })),
      };
    },
  },
  "conversations.info": {
    required: ["channel"],
    optional: ["include_locale", "include_num_members"],
    scopes: READ,
    run: (args, { world }) => ({ channel: channelJson(world, visibleChannel(world, text(args, "channel"))) }),
  },
  "conversations.history": {
    required: ["channel"],
    optional: PAGE,
    scopes: HISTORY,
    run: (args, context) => page(args, context, ({ threadTs }) => threadTs === undefined),
  },
  "conversations.replies": {
    required: ["channel", "ts"],
    optional: PAGE,
    scopes: HISTORY,
    run: (args, context) => {
      const root = text(args, "ts");
      const found = page(args, context, ({ ts, threadTs }) => ts === root || threadTs === root);
      if ((found.messages as Json[]).length === 0) throw new SlackRefusal("thread_not_found");
      return found;
    },
  },
};

function userJson(world: World, id: string): Json {
  const user = world.users.get(id);
  if (!user) throw new SlackRefusal("user_not_found");
  const { name, teamId, isAdmin } = user;
  const profile = { display_name: name, real_name: name };
  return { id, team_id: teamId, name, real_name: name, profile, is_admin: isAdmin, is_bot: id === world.botUser };
}

function channelJson(world: World, { id, name, type, members, isArchived }: Channel): Json {
  const person = [...members].find((member) => member !== world.botUser);
  return {
    id,
    ...(type === "im" ? { user: person } : { name }),
    is_channel: type === "channel",
    is_private: type !== "channel",
    is_im: type === "im",
    is_mpim: type === "mpim",
    is_member: members.has(world.botUser),
    is_archived: isArchived,
  };
}

/** Of channels, as the argument names them. */
function typesOf(args: Arguments): readonly Channel["type"][] {
  const named = (text(args, "types") || "public_channel").split(",");
  return (Object.keys(TYPES) as Channel["type"][]).filter((type) => named.includes(TYPES[type]));
}

/**
 * The app's own conversations, or a person's: of those, public channels whether or not the app is in them.
 * https://docs.slack.dev/reference/methods/users.conversations
 */
function conversationsOf(args: Arguments, { world }: CallContext): Json {
  const user = args.user === undefined ? world.botUser : text(args, "user");
  const types = typesOf(args);
  const isSeen = ({ type, members }: Channel) => type === "channel" || members.has(world.botUser);
  const all = [...world.channels.values()].filter((channel) => {
    const isLeftOut = channel.isDeleted || (channel.isArchived && text(args, "exclude_archived") === "true");
    return !isLeftOut && types.includes(channel.type) && channel.members.has(user) && isSeen(channel);
  });
  const start = Number(text(args, "cursor") || 0);
  const end = start + Number(args.limit ?? 100);
  const next_cursor = end < all.length ? String(end) : "";
  return {
    channels: all.slice(start, end).map((channel) => channelJson(world, channel)),
    response_metadata: { next_cursor },
  };
}

/** Those of a thread come from the oldest on, its root always among them. */
function page(args: Arguments, { world, baseUrl, scopes }: CallContext, belongs: (message: Message) => boolean): Json {
  const { id, members } = visibleChannel(world, text(args, "channel"));
  if (!members.has(world.botUser)) throw new SlackRefusal("not_in_channel");
  const limit = Number(args.limit ?? 100);
  const isInclusive = text(args, "inclusive") === "true";
  const inTime = ({ ts }: Message) => {
    const afterOldest = args.oldest === undefined || ts > text(args, "oldest") || (isInclusive && ts === args.oldest);
    const beforeLatest = args.latest === undefined || ts < text(args, "latest") || (isInclusive && ts === args.latest);
    return afterOldest && beforeLatest;
  };
  const all = world.messages.filter((message) => {
    const isSeen = !message.isDeleted && message.ephemeralTo === undefined;
    return message.channel === id && isSeen && belongs(message) && (message.ts === args.ts || inTime(message));
  });
  const shown = args.ts === undefined ? all.slice(-limit).reverse() : all.slice(0, limit);
  const withMetadata = text(args, "include_all_metadata") === "true";
  if (withMetadata && !scopes.includes(METADATA)) throw new SlackRefusal("missing_scope", { needed: METADATA });
  const messages = shown.map((message) => ({
    ...messageJson(world, message, baseUrl),
    ...(withMetadata && message.metadata && { metadata: message.metadata }),
  }));
  return { messages, has_more: all.length > limit };
}
