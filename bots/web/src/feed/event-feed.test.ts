import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ServerEvent } from "../wire.ts";
import { EventFeed, type FeedEntry } from "./event-feed.ts";

const event = (text: string): ServerEvent => ({ type: "channels", channels: [text] });
const textOf = ({ event }: { event: ServerEvent }) => (event.type === "channels" ? event.channels[0]! : "");

describe("EventFeed", () => {
  it("tells subscribers of what happens from then on", () => {
    const feed = new EventFeed("run");
    feed.publish(event("before"));
    const heard: string[] = [];
    const stop = feed.subscribe("ada", (entry) => heard.push(textOf(entry)));
    feed.publish(event("after"));
    stop();
    feed.publish(event("gone"));
    expect(heard).toEqual(["after"]);
  });

  it("gives what was missed after an id, oldest first", () => {
    const feed = new EventFeed("run");
    const start = feed.lastId;
    feed.publish(event("one"));
    const middle = feed.lastId;
    feed.publish(event("two"));
    expect(feed.missedSince(start, "ada")?.map(textOf)).toEqual(["one", "two"]);
    expect(feed.missedSince(middle, "ada")?.map(textOf)).toEqual(["two"]);
    expect(feed.missedSince(feed.lastId, "ada")).toEqual([]);
  });

  it("keeps a direct message to its person", () => {
    const feed = new EventFeed("run");
    const start = feed.lastId;
    const heard: string[] = [];
    feed.subscribe("ben", (entry) => heard.push(textOf(entry)));
    feed.publish(event("secret"), "ada");
    expect(heard).toEqual([]);
    expect(feed.missedSince(start, "ben")).toEqual([]);
    expect(feed.missedSince(start, "ada")?.map(textOf)).toEqual(["secret"]);
  });

  it.each(["", "run", "run-", "run-x", "run-99", "other-0", "run-1e3", "-1", "run--1"])(
    "cannot go on after the id %j",
    (id) => {
      expect(new EventFeed("run").missedSince(id, "ada")).toBeUndefined();
    },
  );

  it("says so when an id is older than what it keeps", () => {
    const feed = new EventFeed("run", 4);
    const start = feed.lastId;
    for (let count = 0; count < 20; count++) feed.publish(event(`${count}`));
    expect(feed.missedSince(start, "ada")).toBeUndefined();
  });

  it("loses nothing and repeats nothing, wherever a page is cut off and comes back", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("publish", "cut", "resume"), { maxLength: 200 }), (steps) => {
        const feed = new EventFeed("run", 1_000);
        const page = new FakePage(feed);
        let published = 0;
        for (const step of steps) {
          if (step === "publish") feed.publish(event(`${published++}`));
          else page[step]();
        }
        page.resume();
        expect(page.heard).toEqual(Array.from({ length: published }, (_, index) => `${index}`));
      }),
    );
  });
});

/** A page that listens, is cut off and goes on after the last event it heard. */
class FakePage {
  readonly heard: string[] = [];
  readonly #feed: EventFeed;
  #after: string;
  #stop: (() => void) | undefined;

  constructor(feed: EventFeed) {
    this.#feed = feed;
    this.#after = feed.lastId;
    this.resume();
  }

  cut(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  resume(): void {
    if (this.#stop !== undefined) return;
    for (const entry of this.#feed.missedSince(this.#after, "ada")!) this.#hear(entry);
    this.#stop = this.#feed.subscribe("ada", (entry) => this.#hear(entry));
  }

  #hear(entry: FeedEntry): void {
    this.#after = entry.id;
    this.heard.push(textOf(entry));
  }
}
