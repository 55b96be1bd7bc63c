import { Collection } from "discord.js";
import { describe, expect, it } from "vitest";
import { type Names, plainWords } from "./plain-words.ts";

const person = (displayName: string) => ({ displayName });

/** As far as names go. */
function createNames(channels: readonly (readonly [id: string, name: string, isVisible: boolean])[] = []): Names {
  const cache = channels.map(
    ([id, name, isVisible]) => [id, { name, permissionsFor: () => ({ has: () => isVisible }) }] as const,
  );
  return {
    mentions: {
      users: new Collection([["1", person("Bob")]]),
      members: new Collection([["2", person("Annie")]]),
      roles: new Collection([["3", { name: "staff" }]]),
    },
    guild: {
      members: { cache: new Collection([["4", person("Carl")]]) },
      roles: { cache: new Collection() },
      channels: { cache: new Collection(cache) },
    },
    reader: {},
  } as unknown as Names;
}

describe("plainWords", () => {
  it.each([
    ["<@1> and <@!2>, <@4> or <@5>", "@Bob and @Annie, @Carl or <@5>"],
    ["<@&3> <@&9>", "@staff <@&9>"],
    ["<:wave:12><a:party_2:3>", ":wave::party_2:"],
    ["</model:56> </group sub:7>", "/model /group sub"],
    ["<t:1600000000>", "2020-09-13 12:26 UTC"],
    ["<t:1600000000:R> <t:1600000000:f>", "2020-09-13 12:26 UTC 2020-09-13 12:26 UTC"],
    ["<t:1600000000:d> <t:1600000000:t> <t:1600000000:T>", "2020-09-13 12:26 UTC 12:26:40 UTC"],
    ["<t:99999999999999:F>", "<t:99999999999999:F>"],
    ["`<@1>` ```\n<:wave:12>\n```", "`<@1>` ```\n<:wave:12>\n```"],
    ["a < b > c <3", "a < b > c <3"],
  ])("of %j are %j", (text, words) => {
    expect(plainWords(text, createNames())).toBe(words);
  });

  it("name a channel to those who see it", () => {
    const names = createNames([
      ["10", "releases", true],
      ["11", "board", false],
    ]);
    expect(plainWords("<#10> <#11> <#12>", names)).toBe("#releases <#11> <#12>");
    expect(plainWords("<#10>", { ...names, reader: null })).toBe("<#10>");
  });
});
