import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS } from "./admission/attachments.ts";
import { MAX_MESSAGE_LENGTH } from "./admission/question.ts";
import { commandCompletions } from "./commands/command-completions.ts";
import { MAX_KEPT_REPLIES } from "./conversation/kept-reply.ts";
import { MAX_PERSONA_LENGTH } from "./conversation/settings.ts";
import { DEFAULT_WINDOW, MAX_WINDOW } from "./conversation/window.ts";
import { BOT_ERRORS } from "./port/bot-error.ts";
import { MAX_THREAD_LENGTH } from "./prompt/thread-context.ts";
import { MAX_RATINGS } from "./records/feedback.ts";
import { MAX_EXCHANGES } from "./redis/records/redis-transcript.ts";

const commands = readFileSync(new URL("../../../docs/commands.md", import.meta.url), "utf8");

const memory = readFileSync(new URL("../../../docs/memory.md", import.meta.url), "utf8");

describe("docs/memory.md", () => {
  it("names the limits as they are", () => {
    expect(memory).toContain(`the newest ${MAX_KEPT_REPLIES} replies`);
    expect(memory).toContain(`at most ${MAX_EXCHANGES.toLocaleString("en")}`);
    expect(memory).toContain(`at most ${MAX_RATINGS.toLocaleString("en")}`);
  });
});

describe("docs/errors.md", () => {
  it("has no error of the service that people would hear of as an unknown one", () => {
    const errors = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
    const reasons = [...errors.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, reason]) => reason!);
    expect(reasons.length).toBeGreaterThan(5);
    expect(reasons.filter((reason) => !(reason in BOT_ERRORS))).toEqual([]);
  });
});

describe("docs/commands.md", () => {
  it("has a row for each command and no other", () => {
    const rows = new Set([...commands.matchAll(/^\| `\/(\w+)/gm)].map(([, name]) => name));
    expect([...rows].sort()).toEqual(commandCompletions.map(({ name }) => name).sort());
  });

  it("has a row for each failure and no other", () => {
    const rows = [...commands.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
    expect(rows.sort()).toEqual(Object.keys(BOT_ERRORS).sort());
  });

  it("names the limits as they are", () => {
    expect(commands).toContain(`${MAX_MESSAGE_LENGTH.toLocaleString("en")} characters`);
    expect(commands).toContain(`up to ${MAX_THREAD_LENGTH.toLocaleString("en")} characters`);
    expect(commands).toContain(`${MAX_ATTACHMENTS} text files of ${MAX_ATTACHMENT_BYTES / 1024} KB each`);
    expect(commands).toContain(`The newest ${MAX_KEPT_REPLIES} replies`);
    expect(commands).toContain(`${MAX_PERSONA_LENGTH.toLocaleString("en")} characters`);
    expect(commands).toContain(`1 to ${MAX_WINDOW}; ${DEFAULT_WINDOW} where nobody set it`);
  });
});
