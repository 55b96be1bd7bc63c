import { readdirSync, readFileSync } from "node:fs";
import { MAX_MESSAGE_LENGTH } from "@cria/bot-core";
import { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS } from "@cria/bot-core/attachments";
import { describe, expect, it } from "vitest";
import { MAX_LIVE_REPLIES } from "./replies/replies.ts";
import { MAX_CHANNELS } from "./rooms/channel-names.ts";
import { MAX_CHATS } from "./rooms/chat-store.ts";
import { MAX_BODY_BYTES } from "./server/request-body.ts";
import { MAX_VERSIONS } from "./timeline/kept-message.ts";
import { TIMELINE_CAPACITY } from "./timeline/timeline-store.ts";
import { MAX_CHANNEL_NAME_LENGTH, MAX_TITLE_LENGTH } from "./wire.ts";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");
const memory = read("docs/memory.md");
const web = read("docs/web.md");

/** Text of the package's sources without their tests. */
function sourcesOf(path: string): string {
  return readdirSync(new URL(path, ROOT), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !/\.(test|contract)\.ts$/.test(file))
    .map((file) => read(`${path}${file}`))
    .join("\n");
}

/** Redis keys that begin in a text, what is filled in as `*`. Patterns to search keys by are none. */
function keysIn(text: string, filledIn: RegExp): readonly string[] {
  const found = [...text.matchAll(/["`](cria:[^"`*\n]*)["`]/g)];
  const keys = found.map((match) => match[1]!.replace(filledIn, "*"));
  // What is left of a pattern in which a text stands within a text.
  return [...new Set(keys.filter((key) => !key.includes("${")))];
}

describe("docs/memory.md", () => {
  it("lists every Redis key of the bots", () => {
    const documented = keysIn(memory, /[A-Z]{2,}/g);
    const used = ["bots/core/src/", "bots/web/src/"].flatMap((path) => keysIn(sourcesOf(path), /\$\{[^}]*\}/g));
    const unknown = used.filter((key) => !documented.some((known) => known.startsWith(key.replace(/\*+$/, ""))));
    expect(used).toContain("cria:web:channels");
    expect(unknown).toEqual([]);
  });

  it("names how many messages the page keeps", () => {
    expect(memory).toContain(`the newest ${TIMELINE_CAPACITY} `);
  });
});

describe("docs/web.md", () => {
  it("names the limits as they are", () => {
    for (const [what, limit] of [
      ["message", `${MAX_MESSAGE_LENGTH.toLocaleString("en")} characters`],
      ["body of a request", `${MAX_BODY_BYTES.toLocaleString("en")} bytes`],
      ["messages kept in a channel", `${TIMELINE_CAPACITY}`],
      ["replies under way in a channel", `${MAX_LIVE_REPLIES}`],
      ["files of a message", `${MAX_ATTACHMENTS} of ${MAX_ATTACHMENT_BYTES / 1024} KB; their words`],
      ["versions of a reply", `${MAX_VERSIONS}`],
      ["chats of a person", `${MAX_CHATS}`],
      ["title of a chat", `${MAX_TITLE_LENGTH} characters`],
    ] as const)
      expect(web).toMatch(new RegExp(`^\\| ${what} +\\| ${limit} `, "m"));
    expect(web).toContain(`${MAX_CHANNELS} in all, by names of at most ${MAX_CHANNEL_NAME_LENGTH} letters`);
  });
});
