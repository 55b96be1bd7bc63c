import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pingsOf } from "../../../../test/slack-server/world/pings.ts";
import { escapedBytes, fallbackText, withoutPingBegun, withoutPings } from "./message-text.ts";

const PINGS = [
  "<!channel>",
  "<!here|x>",
  "<!everyone>",
  "<!subteam^S1>",
  "<@U123>",
  "<@W1|ann>",
  "@here",
  "@channel",
  "@everyone",
];
const words = fc.array(
  fc.oneof(fc.constantFrom(...PINGS), fc.string({ maxLength: 5 }), fc.constantFrom("`", "```\n", " ")),
);

describe("withoutPings", () => {
  it("leaves nothing that pings, in code or out of it", () => {
    fc.assert(fc.property(words, (parts) => void expect(pingsOf(withoutPings(parts.join("")))).toEqual([])));
  });

  it("changes nothing else, and nothing twice", () => {
    const text = "a < b, <!DOCTYPE html>, ann@here.com, <https://a.example>, @hereabouts";
    expect(withoutPings(text)).toBe(text);
    fc.assert(
      fc.property(words, (parts) => {
        const once = withoutPings(parts.join(""));
        expect(withoutPings(once)).toBe(once);
      }),
    );
  });

  it("is the same for a growing text as for the whole, up to what may yet become a ping", () => {
    fc.assert(
      fc.property(words, fc.nat(), (parts, cut) => {
        const text = parts.join("");
        const begun = text.slice(0, cut % (text.length + 1));
        expect(withoutPings(text).startsWith(withoutPings(withoutPingBegun(begun)))).toBe(true);
      }),
    );
  });
});

describe("escapedBytes", () => {
  it("counts as Slack does: UTF-8, with entities", () => {
    expect(escapedBytes("a")).toBe(1);
    expect(escapedBytes("é&<>")).toBe(2 + 5 + 4 + 4);
    expect(escapedBytes("👍")).toBe(4);
  });
});

describe("fallbackText", () => {
  it("fits into what an update takes, and breaks no character", () => {
    fc.assert(
      fc.property(fc.constantFrom("a", "&", "<", "é", "👍"), fc.integer({ min: 0, max: 9_000 }), (letter, count) => {
        const text = fallbackText(letter.repeat(count));
        expect(escapedBytes(text)).toBeLessThanOrEqual(4_000);
        expect(Buffer.from(text).toString()).toBe(text);
      }),
    );
    expect(fallbackText("short")).toBe("short");
  });
});
