import { randomUUID } from "node:crypto";
import { type Author, MAX_MESSAGE_LENGTH } from "@cria/bot-core";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import type { Logger } from "pino";
import { z } from "zod";
import type { Bot } from "../bot.ts";
import { HTTP_STATUS, WebError } from "../errors.ts";
import { directChannelOf } from "../rooms/channel-names.ts";
import type { ChatRooms } from "../rooms/chat-rooms.ts";
import type { EventFeed } from "../rooms/event-feed.ts";
import type { Person, Workspace } from "../wire.ts";
import { type ClientBundle, serveAsset } from "./client-bundle.ts";
import { ConnectionLimit } from "./connection-limit.ts";
import { refuseEvents, streamEvents } from "./event-stream.ts";
import { allowHosts, isFromThisMachine, sameOriginOnly, securityHeaders } from "./security.ts";
import { readSession, renewSession, startSession } from "./session.ts";

/** The longest message whatever is in it (a UTF-16 unit is six bytes of JSON at most), with room for its id. */
export const MAX_BODY_BYTES = 6 * MAX_MESSAGE_LENGTH + 1_024;

const shortText = z.string().max(1_000);
const idSchema = z.string().regex(/^[\w-]{8,64}$/, "must be 8 to 64 letters, digits, - or _");

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

type Env = { Variables: { person: Author } };

/** The HTTP side of the page: its files, its sessions, its API and its event stream. */
export function createApp(options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error, context) => answerFault(error, context, options.logger));
  app.notFound((context) => context.json({ error: "There is nothing at this address." }, 404));
  app.use(securityHeaders(), allowHosts(options.hostNames), sameOriginOnly());
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }));
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
    await renewSession(context, secret);
    context.header("cache-control", "no-store");
    return context.json(person === undefined ? null : workspaceOf(options, person));
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

function channelRoutes(rooms: ChatRooms): Hono<Env> {
  return new Hono<Env>()
    .post("/", async (context) => {
      const { name } = await readBody(context, z.object({ name: shortText }));
      return context.json({ name: await rooms.addChannel(name) }, 201);
    })
    .get("/:channel", async (context) =>
      context.json(await rooms.snapshot(context.var.person, context.req.param("channel"))),
    )
    .get("/:channel/completions", async (context) => {
      const text = (context.req.query("text") ?? "").slice(0, 200);
      return context.json(await rooms.completions(context.var.person, context.req.param("channel"), text));
    })
    .post("/:channel/messages", async (context) => {
      const message = await readBody(context, z.object({ id: idSchema, text: z.string() }));
      await rooms.post(context.var.person, context.req.param("channel"), message);
      return context.body(null, 202);
    })
    .post("/:channel/messages/:id/stop", async (context) => {
      await rooms.stop(context.var.person, context.req.param("channel"), context.req.param("id"));
      return context.body(null, 202);
    })
    .put("/:channel/messages/:id", async (context) => {
      const { text } = await readBody(context, z.object({ text: z.string() }));
      await rooms.edit(context.var.person, context.req.param("channel"), { id: context.req.param("id"), text });
      return context.body(null, 202);
    })
    .post("/:channel/messages/:id/regenerate", async (context) => {
      const { channel, id } = context.req.param();
      await rooms.again(context.var.person, channel, id, "regenerate");
      return context.body(null, 202);
    })
    .post("/:channel/messages/:id/continue", async (context) => {
      const { channel, id } = context.req.param();
      await rooms.again(context.var.person, channel, id, "continueReply");
      return context.body(null, 202);
    })
    .post("/:channel/messages/:id/feedback", async (context) => {
      const { rating } = await readBody(context, z.object({ rating: z.enum(["up", "down"]) }));
      const { channel, id } = context.req.param();
      await rooms.rate(context.var.person, channel, id, rating);
      return context.body(null, 204);
    })
    .post("/:channel/messages/:id/retry", async (context) => {
      await rooms.retry(context.var.person, context.req.param("channel"), context.req.param("id"));
      return context.body(null, 202);
    })
    .put("/:channel/model", async (context) => {
      const { name } = await readBody(context, z.object({ name: shortText }));
      await rooms.setModel(context.var.person, context.req.param("channel"), name);
      return context.body(null, 204);
    });
}

function workspaceOf({ rooms, feed, workspaceName }: AppOptions, person: Person): Workspace {
  return {
    name: workspaceName,
    person,
    channels: rooms.channels(),
    directChannel: directChannelOf(person.id),
    isServing: rooms.isServing,
    outlivesRestart: rooms.outlivesProcess,
    maxMessageLength: MAX_MESSAGE_LENGTH,
    eventId: feed.lastId,
  };
}

async function readBody<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  const isJson = context.req.header("content-type")?.startsWith("application/json") === true;
  if (!isJson) throw new WebError("invalid", "The request's body must be JSON.");
  const body: unknown = await context.req.json().catch((error: unknown) => {
    if (!(error instanceof SyntaxError)) throw error;
    throw new WebError("invalid", "The request's body is not whole JSON.");
  });
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${z.core.toDotPath(path) || "body"}: ${message}`);
  throw new WebError("invalid", `The request is malformed. ${faults.join("; ")}.`);
}

function answerFault(error: Error, context: Context, logger: Logger): Response {
  if (error instanceof WebError) return context.json({ error: error.message }, HTTP_STATUS[error.code]);
  logger.error({ err: error, path: context.req.path }, "a request failed");
  return context.json({ error: "Something went wrong on the chat server. Its log says what." }, 500);
}

function tooLarge(context: Context): Response {
  // A body sent in chunks does not say how long it is.
  const length = Number(context.req.header("content-length") ?? 0);
  const has = length > 0 ? length.toLocaleString("en") : "too many";
  const limits = [MAX_BODY_BYTES, MAX_MESSAGE_LENGTH].map((limit) => limit.toLocaleString("en"));
  const error = `The request has ${has} bytes; at most ${limits[0]} are taken, since a message may have ${limits[1]} characters.`;
  return context.json({ error }, 413);
}

function unreachable(): never {
  throw new WebError("unavailable", "The inference service cannot be reached, so its models are not known.");
}
