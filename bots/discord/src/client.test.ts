import type { ResponseLike } from "discord.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createClient } from "./client.ts";

describe("createClient", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("asks Discord for fewer than fifty things in any second, however many are wanted at once", async () => {
    const askedAtMs: number[] = [];
    const makeRequest = async () => {
      askedAtMs.push(Date.now());
      return Response.json({}) as unknown as ResponseLike;
    };
    const { rest } = createClient({ readsAllMessages: false, apiUrl: undefined, makeRequest });
    rest.setToken("token");
    const all = Promise.all(Array.from({ length: 200 }, (_, index) => rest.get(`/channels/${index}`)));
    await vi.advanceTimersByTimeAsync(10_000);
    await all;
    expect(askedAtMs).toHaveLength(200);
    const inSecondFrom = (startMs: number) => askedAtMs.filter((ms) => ms >= startMs && ms < startMs + 1_000).length;
    expect(Math.max(...askedAtMs.map(inSecondFrom))).toBeLessThan(50);
  });
});
