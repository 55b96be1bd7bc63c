import { describe, expect, it } from "vitest";
import { BotError } from "../port/bot-error.ts";
import { createLogger } from "./logger.ts";

describe("createLogger", () => {
  const logged = (error: unknown) => {
    const lines: string[] = [];
    createLogger("bot", "info", { write: (line) => void lines.push(line) }).error({ err: error }, "it failed");
    return { line: lines.join(""), ...JSON.parse(lines.join("")) };
  };

  it("tells of an error what mends it, and neither tokens nor words that libraries hang on it", () => {
    const error = Object.assign(new Error("Unknown interaction"), {
      code: 10_062,
      status: 404,
      method: "POST",
      url: "https://discord.com/api/v10/interactions/1/s3cret-token/callback",
      requestBody: { json: { data: { content: "someone's words" } } },
      config: { headers: { Authorization: "Bearer s3cret-token" } },
    });
    const { line, err } = logged(error);
    expect(err).toMatchObject({
      type: "Error",
      message: "Unknown interaction",
      code: 10_062,
      status: 404,
      method: "POST",
    });
    expect(err.stack).toContain("logger.test.ts");
    expect(line).not.toMatch(/s3cret|someone's words/);
  });

  it("tells causes in the same way, and not without end", () => {
    const cause = Object.assign(new Error("away"), { statusCode: 503, body: "someone's words" });
    const error = new TypeError("failed", { cause });
    expect(logged(error).err).toMatchObject({ type: "TypeError", cause: { message: "away", status: 503 } });
    expect(logged(error).line).not.toContain("someone's words");
    const circular: Error = new Error("round and round");
    circular.cause = circular;
    expect(logged(circular).line.match(/round and round/g)!.length).toBeLessThan(20);
  });

  it("tells of a long message, as of a proxy's whole page, its beginning alone", () => {
    const page = "<p>away</p>\n".repeat(2_000);
    const { line, err } = logged(new Error(`it answered ${page}`, { cause: new Error(page) }));
    expect(line.length).toBeLessThan(20_000);
    expect(err.message).toMatch(/^it answered <p>away.*…$/s);
    expect(err.stack).toContain("logger.test.ts");
    expect(logged("odd ".repeat(2_000)).err.message).toHaveLength(err.message.length);
  });

  it("tells of what people are told by its code and its cause", () => {
    const { line, err } = logged(new BotError("FILE_REFUSED", "diary.pdf is no text.", { cause: new Error("ENOENT") }));
    expect(err).toMatchObject({ message: "FILE_REFUSED", code: "FILE_REFUSED", cause: { message: "ENOENT" } });
    expect(err.stack).toContain("logger.test.ts");
    expect(line).not.toContain("diary");
  });

  it("tells of what was thrown and is no error", () => {
    expect(logged("odd").err).toEqual({ type: "string", message: "odd" });
  });
});
