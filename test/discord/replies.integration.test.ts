import { createGate } from "@cria/bot-core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { buttonLabels } from "../discord-server/index.ts";
import { DiscordRun } from "./discord-run.ts";

let run: DiscordRun;

describe("a reply on Discord", () => {
  afterEach(() => run.stop());

  it("answers a mention as a reply to it, and pings nobody", async () => {
    run = await DiscordRun.start();
    run.inference.script({ chunks: ["Hello ", "@everyone and <@", run.ann.id, ">"] });
    const question = run.ann.mention(run.channel, "hello");
    const reply = await run.ended();
    expect(reply.json.content).toMatch(new RegExp(`^Hello @everyone and <@${run.ann.id}>\n-# `));
    expect(reply.json.message_reference?.message_id).toBe(question.json.id);
    expect(reply.pings).toEqual({ everyone: false, users: [], roles: [] });
    expect(run.inference.requests[0]?.prompt.some(({ text }) => text.includes("<@"))).toBe(false);
  });
});
