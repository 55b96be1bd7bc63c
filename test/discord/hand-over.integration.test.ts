import { createGate, hasRedisServer } from "@cria/bot-core/testing";
import { describe, expect, it } from "vitest";
import { DiscordRun } from "./discord-run.ts";

/** Without redis-server on the PATH there is nobody to hand over to. */
describe.skipIf(!hasRedisServer(process.env.PATH ?? ""))("a bot on Discord that is stopped", () => {
  it("has its reply finished by another, in the same message", async () => {
    const ending = await DiscordRun.start();
    ending.inference.script({ chunks: ["Half"], hold: createGate().opened });
    ending.ann.mention(ending.channel, "talk");
    await ending.sees("Half");
    await ending.platform.stop(1_000);
    expect(JSON.stringify(ending.server.botMessages(ending.channel)[0]?.json.components)).toContain("stop:");
    const next = await DiscordRun.prepare({ joins: ending });
    next.inference.script({ chunks: ["Whole."] });
    await next.platform.start();
    expect((await next.ended()).json.content).toContain("Whole.");
    expect(next.server.botMessages(next.channel)).toHaveLength(1);
    await next.stop();
    await ending.stop();
  });
});
