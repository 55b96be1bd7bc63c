import { describe, expect, it } from "vitest";
import { filesOf, readableText, spokenText } from "./readable-text.ts";

const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text } });
const rich = (...elements: object[]) => ({ type: "rich_text", elements });
const words = (...elements: object[]) => ({ type: "rich_text_section", elements });
const text = (value: string) => ({ type: "text", text: value });

describe("readableText", () => {
  it.each([
    [
      "an alert by its fallback",
      { text: "", attachments: [{ fallback: "KubeJobFailed batch-123" }] },
      "KubeJobFailed batch-123",
    ],
    [
      "an alert by its parts",
      {
        text: "",
        bot_id: "B1",
        attachments: [
          {
            pretext: "Alert",
            title: "Job failed",
            text: "batch-123",
            fields: [{ title: "Severity", value: "high" }, { value: "x" }],
            footer: "prod",
            fallback: "no",
          },
        ],
      },
      "Alert\nJob failed\nbatch-123\nSeverity: high\nx\nprod",
    ],
    [
      "an app's blocks rather than what notifications show",
      {
        text: "New incident",
        bot_id: "B1",
        blocks: [{ type: "header", text: text("Incident 7") }, section("disk full"), { type: "divider" }],
      },
      "Incident 7\ndisk full",
    ],
    [
      "a person's words rather than their blocks",
      { text: "hi *there*", blocks: [rich(words(text("hi there")))] },
      "hi *there*",
    ],
    [
      "an attachment's blocks",
      { text: "", attachments: [{ blocks: [section("in an attachment")], fallback: "[no preview]" }] },
      "in an attachment",
    ],
    ["a shared message by its text", { text: "see", attachments: [{ is_share: true, text: "shared" }] }, "see\nshared"],
    [
      "a shared message by its fallback",
      { text: "", attachments: [{ is_msg_unfurl: true, from_url: "https://x", fallback: "Ann: shared" }] },
      "Ann: shared",
    ],
    [
      "a shared message by its message_blocks",
      {
        text: "",
        attachments: [
          { is_share: true, text: "", message_blocks: [{ message: { blocks: [rich(words(text("a < b")))] } }] },
        ],
      },
      "a &lt; b",
    ],
    [
      "a shared answer of the bot without what stands under it",
      {
        text: "",
        attachments: [
          {
            is_share: true,
            message_blocks: [
              {
                message: {
                  blocks: [
                    { type: "markdown", text: "An answer." },
                    { type: "context", elements: [text("small · 1 s")] },
                    { type: "actions", elements: [{ type: "button", text: text("Regenerate") }] },
                  ],
                },
              },
            ],
          },
        ],
      },
      "An answer.",
    ],
    [
      "a message shared within a shared one",
      { text: "", attachments: [{ is_share: true, text: "outer", attachments: [{ is_share: true, text: "inner" }] }] },
      "outer\ninner",
    ],
    [
      "no previews of links",
      { text: "<https://a.example>", attachments: [{ from_url: "https://a.example", text: "A page" }] },
      "<https://a.example>",
    ],
    ["nothing of what is not there", { attachments: [null, 3, { is_share: true }], blocks: "x" }, ""],
  ])("has %s", (_, message, readable) => {
    expect(readableText(message as never)).toBe(readable);
  });

  it("has a message that quotes itself without end", () => {
    const circle: Record<string, unknown> = { is_share: true, text: "again" };
    circle.attachments = [circle];
    expect(readableText({ text: "", attachments: [circle] })).toMatch(/^again(\nagain)*$/);
  });

  it("has all that stands in blocks", () => {
    const blocks = [
      rich(
        words({ type: "user", user_id: "U1" }, text(" in "), { type: "channel", channel_id: "C1" }, text(" & "), {
          type: "link",
          url: "https://a.example",
          text: "here",
        }),
        { type: "rich_text_list", style: "ordered", elements: [words(text("one")), words(text("two"))] },
        { type: "rich_text_list", style: "bullet", indent: 1, elements: [words({ type: "emoji", name: "llama" })] },
        { type: "rich_text_quote", elements: [text("said")] },
        { type: "rich_text_preformatted", elements: [text("a < b")] },
        words(
          { type: "usergroup", usergroup_id: "S1" },
          { type: "broadcast", range: "here" },
          { type: "date", timestamp: 1, format: "{date}", fallback: "1970" },
        ),
      ),
      { type: "section", fields: [text("left"), text("right")], accessory: { type: "button", text: text("Press") } },
      { type: "context", elements: [{ type: "image", alt_text: "a chart" }, text("small")] },
      {
        type: "table",
        rows: [
          [{ type: "raw_text", text: "a" }, rich(words(text("b")))],
          [
            { type: "raw_text", text: "1" },
            { type: "raw_text", text: "2" },
          ],
        ],
      },
      { type: "actions", elements: [{ type: "button", text: text("Press") }] },
      { type: "card", title: { type: "mrkdwn", text: "A card" }, body: { text: "of a new kind" } },
    ];
    expect(readableText({ text: "", blocks })).toBe(
      [
        "<@U1> in <#C1> &amp; <https://a.example|here>",
        "1. one",
        "2. two",
        "  - :llama:",
        "&gt; said",
        "```",
        "a &lt; b",
        "```",
        "<!subteam^S1><!here><!date^1^{date}|1970>",
        "left",
        "right",
        "(picture: a chart) small",
        "a | b",
        "1 | 2",
        "A card",
        "of a new kind",
      ].join("\n"),
    );
  });
});

describe("spokenText", () => {
  it("is the bot's words, without what stands under them", () => {
    const blocks = [
      { type: "markdown", text: "An answer." },
      { type: "context", elements: [text("small")] },
    ];
    expect(spokenText({ text: "An answer.", blocks })).toBe("An answer.");
    expect(spokenText({ text: "*Ann* asks" })).toBe("*Ann* asks");
  });
});

describe("filesOf", () => {
  it("has those of shared messages as well", () => {
    const attachments = [
      { is_share: true, files: [{ name: "b.txt" }] },
      { from_url: "https://a.example", files: [{ name: "no" }] },
    ];
    expect(filesOf({ files: [{ name: "a.txt" }], attachments }).map(({ name }) => name)).toEqual(["a.txt", "b.txt"]);
  });
});
