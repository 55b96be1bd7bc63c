import { randomUUID } from "node:crypto";
import { BotError, MAX_MESSAGE_LENGTH } from "@cria/bot-core";
import { type Context, Hono } from "hono";
import { compress } from "hono/compress";
import type { Logger } from "pino";
import { z } from "zod";
import type { Bot } from "../bot.ts";
import { HTTP_STATUS, WebError } from "../errors.ts";
import type { EventFeed } from "../feed/event-feed.ts";
import type { ChatRooms } from "../rooms/chat-rooms.ts";
import type { Person, Workspace } from "../wire.ts";
import { channelRoutes, type Env } from "./channel-routes.ts";
import { type ClientBundle, serveAsset } from "./client-bundle.ts";
import { ConnectionLimit } from "./connection-limit.ts";
import { refuseEvents, streamEvents } from "./event-stream.ts";
import { idSchema, readBody, shortText } from "./request-body.ts";
import { allowHosts, isFromThisMachine, sameOriginOnly, securityHeaders } from "./security.ts";
import { readSession, startSession } from "./session.ts";

export interface AppOptions {
  readonly rooms: ChatRooms;
  readonly bot: Bot;
  readonly feed: EventFeed;
  readonly bundle: ClientBundle;
  readonly secret: string;
  readonly workspaceName: string;
  /** Host names it answers to; undefined: all. */
  readonly hostNames: readonly string[] | undefined;
  /** Whether everyone whose browser runs on this machine runs Cria too, unless admins are named. */
  readonly isEveryoneAdmin: boolean;
  readonly logger: Logger;
  /** Ends event streams when the server stops. */
  readonly signal: AbortSignal;
}

/** The HTTP side of the page: its files, its sessions, its API and its event stream. */
export function createApp(options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error, context) => answerFault(error, context, options.logger));
  app.notFound((context) => context.json({ error: "There is nothing at this address." }, 404));
  app.use(securityHeaders(), allowHosts(options.hostNames), sameOriginOnly());
  for (const [path, asset] of options.bundle) app.get(path, (context) => serveAsset(asset, context.req.raw));
  app.route("/api/session", sessionRoutes(options));
  app.route("/api", apiRoutes(options));
  return app;
}

function sessionRoutes({ secret }: AppOptions): Hono<Env> {
  return new Hono<Env>().post("/", async (context) => {
    const { name } = await readBody(context, z.object({ name: shortText }));
    return context.json(await startSession(context, secret, name));
  });
}

function apiRoutes(options: AppOptions): Hono<Env> {
  const { rooms, bot, feed, secret } = options;
  const connections = new ConnectionLimit();
  options.signal.addEventListener("abort", () => connections.closeAll(), { once: true });
  const api = new Hono<Env>();
  // The first question of a page: a browser without a name is no fault.
  api.get("/workspace", async (context) => {
    const person = await readSession(context, secret);
    context.header("cache-control", "no-store");
    return context.json(person === undefined ? null : await workspaceOf(options, person));
  });
  api.use(async (context, next) => {
    const person = await readSession(context, secret);
    if (person === undefined) throw new WebError("unauthenticated", "Choose a name first.");
    context.set("person", {
      ...person,
      // The page has no roles, which is known.
      roleIds: [],
      isAdmin: options.isEveryoneAdmin && isFromThisMachine(context.req.raw.headers),
    });
    context.header("cache-control", "no-store");
    await next();
  });
  api.get("/events", (context) => {
    // HEAD comes here too, and its stream would have no reader to end it.
    if (context.req.method === "HEAD") return context.body(null, 200, { "content-type": "text/event-stream" });
    const personId = context.var.person.id;
    // A reader that names no window is one of its own.
    const windowId = idSchema.safeParse(context.req.query("window")).data ?? randomUUID();
    const refusal = connections.refusal(personId, windowId);
    if (refusal !== undefined) return refuseEvents(context, refusal);
    const { signal, close } = connections.take(personId, windowId);
    const after = context.req.header("last-event-id") ?? context.req.query("after") ?? "";
    return streamEvents(context, { feed, personId, after, signal, onClose: close });
  });
  api.use(compress());
  api.get("/models", async (context) => context.json(await bot.models().catch(unreachable)));
  api.route("/channels", channelRoutes(rooms));
  return api;
}

async function workspaceOf({ rooms, feed, workspaceName }: AppOptions, person: Person): Promise<Workspace> {
  // Events from here on are still to come: what happens while the lists are read is told twice, and not missed.
  const eventId = feed.lastId;
  return {
    name: workspaceName,
    person,
    ...(await rooms.lists(person)),
    isServing: rooms.isServing,
    outlivesRestart: rooms.outlivesProcess,
    maxMessageLength: MAX_MESSAGE_LENGTH,
    eventId,
  };
}

function answerFault(error: Error, context: Context, logger: Logger): Response {
  if (error instanceof WebError) return context.json({ error: error.message }, HTTP_STATUS[error.code]);
  logger.error({ err: error, path: context.req.path }, "a request failed");
  if (error instanceof BotError && error.said !== "") return context.json({ error: error.said }, 503);
  return context.json({ error: "Something went wrong on the chat server. Its log says what." }, 500);
}

function unreachable(): never {
  throw new WebError("unavailable", "The inference service cannot be reached, so its models are not known.");
}
