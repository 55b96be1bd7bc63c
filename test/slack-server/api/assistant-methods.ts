import type { Json } from "../world/blocks.ts";
import { type Arguments, type CallContext, checkThread, type Method, text, writableChannel } from "./method.ts";
import { invalidArguments, SlackRefusal } from "./slack-error.ts";

const MAX_PROMPTS = 4;
const ICONS = ["icon_emoji", "icon_url", "username"];

/** What shows beside a thread: status, suggested prompts, and the session with Slack's own stop button. */
export const assistantMethods: Readonly<Record<string, Method>> = {
  "assistant.threads.setStatus": {
    required: ["channel_id", "thread_ts"],
    optional: ["status", "loading_messages", ...ICONS],
    scopes: ["assistant:write", "chat:write"],
    run: (args, { world }) => {
      const thread = threadOf(args, world);
      const status = text(args, "status");
      if (status === "") world.statuses.delete(thread);
      else world.statuses.set(thread, { text: status, setAtMs: world.clock.now() });
      return {};
    },
  },
  "assistant.threads.setSuggestedPrompts": {
    required: ["channel_id", "prompts"],
    optional: ["title", "thread_ts"],
    scopes: ["assistant:write"],
    run: setPrompts,
  },
  "agents.sessions.setStatus": {
    required: ["channel_id", "status"],
    optional: ["thread_ts", "initiator_user_id", ...ICONS],
    scopes: ["assistant:write", "chat:write"],
    run: (args, { world }) => {
      const status = text(args, "status");
      if (!["active", "processing", "suspended", "closed"].includes(status))
        throw invalidArguments("status must be active, processing, suspended or closed");
      if (args.thread_ts === undefined) throw invalidArguments("missing required field: thread_ts");
      world.sessions.set(threadOf(args, world), status);
      return { status };
    },
  },
};

function setPrompts(args: Arguments, { world }: CallContext): Json {
  const { id, type } = writableChannel(world, text(args, "channel_id"));
  if (type !== "im") throw new SlackRefusal("channel_type_not_supported");
  if (args.thread_ts !== undefined) throw invalidArguments("thread_ts is not taken by an app with an agent view");
  if (!Array.isArray(args.prompts) || args.prompts.length === 0 || args.prompts.length > MAX_PROMPTS)
    throw invalidArguments(`prompts must be 1 to ${MAX_PROMPTS}`);
  if ((args.prompts as Json[]).some(({ title, message }) => !title || !message))
    throw invalidArguments("a prompt needs a title and a message");
  world.suggestedPrompts.set(id, args.prompts);
  return {};
}

function threadOf(args: Arguments, world: CallContext["world"]): string {
  const { id } = writableChannel(world, text(args, "channel_id"));
  return `${id}:${checkThread(world, id, args.thread_ts)}`;
}
