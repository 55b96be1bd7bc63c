import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventFeed } from "../feed/event-feed.ts";
import { MAX_WAITING_EVENTS, refuseEvents, streamEvents } from "./event-stream.ts";

let feed: EventFeed;
let stopping: AbortController;
const onClose = vi.fn();
beforeEach(() => {
  vi.useFakeTimers();
  onClose.mockReset();
  feed = new EventFeed("run");
  stopping = new AbortController();
});
afterEach(() => {
  stopping.abort();
  vi.useRealTimers();
});

async function openStream(after = feed.lastId): Promise<Response> {
  const { signal } = stopping;
  const app = new Hono().get("/", (context) =>
    streamEvents(context, { feed, personId: "ada", after, signal, onClose }),
  );
  return await app.request("/");
}

const publish = (count: number) => {
  for (let index = 0; index < count; index++) feed.publish({ type: "service", isServing: true });
};
const numEvents = (text: string) => text.match(/^id: /gm)?.length ?? 0;

describe("streamEvents", () => {
  it("cuts off a page that reads nothing, and holds nothing for it any longer", async () => {
    const response = await openStream();
    await vi.advanceTimersByTimeAsync(0);
    publish(MAX_WAITING_EVENTS);
    await vi.advanceTimersByTimeAsync(0);
    expect(onClose).not.toHaveBeenCalled();
    publish(10);
    await vi.advanceTimersByTimeAsync(0);
    expect(onClose).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
    expect(numEvents(await response.text())).toBeLessThan(5);
  });

  it("sends no second ping while the first waits to be read", async () => {
    const response = await openStream();
    await vi.advanceTimersByTimeAsync(600_000);
    stopping.abort();
    const pings = (await response.text()).match(/event: ping/g);
    expect(pings?.length).toBeLessThanOrEqual(3);
  });

  it("pings a page that reads", async () => {
    const response = await openStream();
    const text = response.text();
    await vi.advanceTimersByTimeAsync(60_000);
    stopping.abort();
    expect((await text).match(/event: ping/g)).toHaveLength(5);
  });

  it("asks a page that reads to come again, and ends where it does not", async () => {
    const response = await openStream();
    const text = response.text();
    await vi.advanceTimersByTimeAsync(149_000);
    expect(onClose).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await text).toMatch(/(event: ping\ndata: \n\n){8}event: renew\ndata: \n\n/);
    expect(onClose).toHaveBeenCalledOnce();
  });

  it("lets go of a page whose network went away, although nothing it is sent fails", async () => {
    await openStream();
    await vi.advanceTimersByTimeAsync(150_000);
    expect(onClose).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("sends what was missed, or says that it is more than may wait", async () => {
    const after = feed.lastId;
    publish(3);
    expect(await readChunks(await openStream(after), 4)).toMatch(
      /^event: ping.*id: run-1\n.*id: run-2\n.*id: run-3\n/s,
    );
    publish(MAX_WAITING_EVENTS);
    expect(await readChunks(await openStream(after), 1)).toBe(`event: resync\ndata: \nid: ${feed.lastId}\n\n`);
  });
});

async function readChunks(response: Response, count: number): Promise<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let index = 0; index < count; index++) text += (await reader.read()).value;
  await reader.cancel();
  return text;
}

describe("refuseEvents", () => {
  it("says why and ends", async () => {
    const app = new Hono().get("/", (context) => refuseEvents(context, "No room."));
    expect(await (await app.request("/")).text()).toBe("event: refused\ndata: No room.\n\n");
  });
});
