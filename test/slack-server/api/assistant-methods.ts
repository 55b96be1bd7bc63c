import type { Json } from "../world/blocks.ts";
import { type Arguments, type CallContext, checkThread, type Method, text, writableChannel } from "./method.ts";
import { invalidArguments, SlackRefusal } from "./slack-error.ts";

const MAX_PROMPTS = 4;
const MAX_TITLE = 200;
const ICONS = ["icon_emoji", "icon_url", "username"];

/** What shows beside a thread: status, title, suggested prompts, and the session with Slack's own stop button. */
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
  "assistant.threads.setTitle": {
    required: ["channel_id", "thread_ts", "title"],
    optional: [],
    scopes: ["assistant:write"],
    run: (args, { world }) => {
      checkTitle(text(args, "title"));
      world.titles.set(threadOf(args, world), text(args, "title"));
      return {};
    },
  },
  "agents.sessions.setStatus": {
    required: ["channel_id", "status"],
    optional: ["thread_ts", "title", "initiator_user_id", ...ICONS],
    scopes: ["assistant:write", "chat:write"],
    run: (args, { world }) => {
      const status = text(args, "status");
      if (!["active", "processing", "suspended", "closed"].includes(status))
        throw invalidArguments("status must be active, processing, suspended or closed");
      if (args.thread_ts === undefined) throw invalidArguments("missing required field: thread_ts");
      if (args.title !== undefined) checkTitle(text(args, "title"));
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

function checkTitle(title: string): void {
  if (title.length > MAX_TITLE) throw invalidArguments(`title must be at most ${MAX_TITLE} characters`);
}
