import { describe, expect, it } from "vitest";
import { mentionedUsers, plainText, referencesIn } from "./plain-text.ts";

const names = {
  user: (id: string) => (id === "U1" ? "Ann" : id),
  channel: (id: string) => (id === "C1" ? "releases" : id),
  group: (id: string) => (id === "S1" ? "staff" : id),
};

describe("plainText", () => {
  it.each([
    ["<@UBOT> hello", "hello"],
    ["hello <@UBOT>, there", "hello there"],
    ["ask <@U1> and <@U2|ben> and <@U1|>", "ask @Ann and @ben and @Ann"],
    ["<#C1> <#C1|> <#C2|general> <#C3>", "#releases #releases #general #C3"],
    ["<!here> <!subteam^S1> <!subteam^S1|@team> <!subteam^S2>", "@here @staff @team @S2"],
    [
      "<https://a.example> <https://a.example|a> <http://b.example|b.example>",
      "https://a.example a (https://a.example) http://b.example",
    ],
    ["<mailto:ann@example.com|ann@example.com> <mailto:a@b.example|Ann>", "ann@example.com Ann (a@b.example)"],
    ["<mailto:a@b.example>", "a@b.example"],
    ["<tel:+4930123456|+49 30 123-456> <tel:110|the police> <tel:112>", "+49 30 123-456 the police (110) 112"],
    ["<!date^1392734382^{date_num}|18 Feb 2014> <!date^1392734382^{date}>", "18 Feb 2014 2014-02-18T14:39:42.000Z"],
    ["1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt;", "1 < 2 && 3 > 2 &lt;"],
    ["<https://a.example/?x=1&amp;y=2|a|b>", "a|b (https://a.example/?x=1&y=2)"],
    ["```\n<div>\n```".replaceAll("<", "&lt;").replaceAll(">", "&gt;"), "```\n<div>\n```"],
  ])("reads %j", (text, plain) => {
    expect(plainText(text, "UBOT", names)).toBe(plain);
  });

  it("finds whom a text mentions", () => {
    expect(mentionedUsers("<@U1> <@U2|ben> @U3")).toEqual(["U1", "U2"]);
  });

  it("finds the ids that have no name beside them", () => {
    expect(referencesIn(["<@U1> <@U2|ben> <#C1|>", "<#C2|general> <!subteam^S1> <!subteam^S2|@team>"])).toEqual({
      users: ["U1"],
      channels: ["C1"],
      groups: ["S1"],
    });
  });
});
