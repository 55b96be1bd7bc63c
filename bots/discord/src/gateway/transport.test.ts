import { RefusedError } from "@cria/bot-core";
import type { ResponseLike } from "discord.js";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DiscordClock } from "./discord-clock.ts";
import { createTransport } from "./transport.ts";

describe("createTransport", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const clock = new DiscordClock();
  const withToken = { headers: { Authorization: "Bot token" } };
  const answer = (response: Response) => async () => response as unknown as ResponseLike;
  const transport = (response: Response, checkToken: () => Promise<unknown> = async () => {}) =>
    createTransport({ checkToken, logger: pino({ level: "silent" }), clock, makeRequest: answer(response) });

  it("gives an answer as it is", async () => {
    const response = await transport(Response.json({ id: "1" }, { status: 201 }))("url", withToken);
    expect([response.status, response.headers.get("content-type"), await response.json()]).toEqual([
      201,
      "application/json",
      { id: "1" },
    ]);
    expect((await transport(new Response(null, { status: 204 }))("url", withToken)).status).toBe(204);
  });

  it("fails before an answer and within its body as discord.js tries again", async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("terminated")) });
    const isCut = async () => Promise.reject(new Error("other side closed"));
    const options = { checkToken: isCut, logger: pino({ level: "silent" }), clock, makeRequest: isCut };
    for (const makeRequest of [transport(new Response(body)), createTransport(options)]) {
      const isRefused = expect(makeRequest("url", withToken)).rejects.toMatchObject({ code: "ECONNRESET" });
      await vi.advanceTimersByTimeAsync(200);
      await isRefused;
    }
  });

  it("waits a little before Discord is asked again", async () => {
    const asked = transport(new Response("", { status: 500 }))("url", withToken);
    const onAnswer = vi.fn();
    void asked.then(onAnswer);
    await vi.advanceTimersByTimeAsync(150);
    expect(onAnswer).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(100);
    expect(onAnswer).toHaveBeenCalled();
  });

  it("calls a 401 a failure while Discord takes the token, or does not say", async () => {
    const refusal = () => new Response("", { status: 401 });
    expect((await transport(refusal())("url", withToken)).status).toBe(503);
    const isAway = async () => Promise.reject(new Error("away"));
    expect((await transport(refusal(), isAway)("url", withToken)).status).toBe(503);
  });

  it("fails for good where the token is wrong", async () => {
    const isWrong = async () => Promise.reject(new RefusedError("wrong"));
    await expect(transport(new Response("", { status: 401 }), isWrong)("url", withToken)).rejects.toThrow("wrong");
  });

  it("tells what time it is for Discord", async () => {
    vi.setSystemTime("2026-11-30T13:00:00Z");
    await transport(new Response("{}", { headers: { date: "Mon, 30 Nov 2026 12:00:00 GMT" } }))("url", withToken);
    vi.setSystemTime("2026-11-30T13:00:07Z");
    expect(new Date(clock.now()).toISOString()).toBe("2026-11-30T12:00:07.000Z");
  });

  it("leaves a 401 to what was asked without the token", async () => {
    expect((await transport(new Response("", { status: 401 }))("url", { headers: {} })).status).toBe(401);
  });
});
