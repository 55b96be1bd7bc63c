import { REST, type ResponseLike } from "discord.js";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DiscordClock } from "./discord-clock.ts";
import { createTransport } from "./transport.ts";
import { guarded } from "./write-guard.ts";

const LIMITED = {
  "content-type": "application/json",
  "x-ratelimit-limit": "1",
  "x-ratelimit-remaining": "0",
  "x-ratelimit-reset-after": "5",
  "x-ratelimit-bucket": "edits",
};

describe("guarded", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("sends nothing that waited for a rate limit once another process writes the reply", async () => {
    const sent: unknown[] = [];
    const makeRequest = createTransport({
      checkToken: async () => {},
      logger: pino({ level: "silent" }),
      clock: new DiscordClock(),
      makeRequest: async (_, { body }) => {
        sent.push(body);
        return new Response("{}", { headers: LIMITED }) as unknown as ResponseLike;
      },
    });
    const rest = new REST({ makeRequest }).setToken("token");
    let isOwn = true;
    const edit = (content: string) =>
      guarded(
        async () => isOwn,
        () => rest.patch("/channels/1/messages/2", { body: { content } }),
      );
    // The first answer tells which bucket it is, the second how full.
    await edit("first");
    await edit("second");
    const third = edit("third");
    third.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(1_000);
    isOwn = false;
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(third).rejects.toThrow("another process writes this reply");
    expect(sent).toHaveLength(2);
  });
});
