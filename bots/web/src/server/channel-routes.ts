import type { Author } from "@cria/bot-core";
import { Hono } from "hono";
import { z } from "zod";
import type { ChatRooms } from "../rooms/chat-rooms.ts";
import { fileSchema, idSchema, readBody, shortText } from "./request-body.ts";

/** What a request is known to come with once its session is read. */
export type Env = { Variables: { person: Author } };

/** What people do in channels and chats. */
export function channelRoutes(rooms: ChatRooms): Hono<Env> {
  return (
    new Hono<Env>()
      .post("/", async (context) => {
        const { name } = await readBody(context, z.object({ name: shortText }));
        return context.json({ name: await rooms.addChannel(name) }, 201);
      })
      .put("/:channel/title", async (context) => {
        const { title } = await readBody(context, z.object({ title: shortText }));
        await rooms.renameChat(context.var.person, context.req.param("channel"), title);
        return context.body(null, 204);
      })
      .delete("/:channel", async (context) => {
        await rooms.deleteChat(context.var.person, context.req.param("channel"));
        return context.body(null, 204);
      })
      .get("/:channel", async (context) =>
        context.json(await rooms.snapshot(context.var.person, context.req.param("channel"))),
      )
      .get("/:channel/completions", async (context) => {
        const text = (context.req.query("text") ?? "").slice(0, 200);
        return context.json(await rooms.completions(context.var.person, context.req.param("channel"), text));
      })
      .post("/:channel/messages", async (context) => {
        const message = await readBody(
          context,
          z.object({ id: idSchema, text: z.string(), files: z.array(fileSchema).default([]) }),
        );
        await rooms.post(context.var.person, context.req.param("channel"), message);
        return context.body(null, 202);
      })
      // As text, whatever it is: a page of somebody's would otherwise be one of this origin.
      .get("/:channel/messages/:id/files/:index", async (context) => {
        const { channel, id, index } = context.req.param();
        return context.text(await rooms.file(context.var.person, channel, id, Number(index)));
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
      })
  );
}
