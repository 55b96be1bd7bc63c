import { afterEach, describe, expect, it } from "vitest";
import { DiscordRun } from "./discord-run.ts";

let run: DiscordRun;

const FILE = { name: "notes.txt", contentType: "text/plain", bytes: Buffer.from("Llamas carry loads.") };
const EMBEDS = { embeds: [{ title: "KubeJobFailed", description: "batch-123 failed" }] };
const PARTS = ["orig words", "Llamas carry loads.", "batch-123 failed"];

afterEach(() => run.stop());

/** How often the model was shown a text at the newest question. */
function timesShown(text: string): number {
  const { prompt } = run.inference.requests.at(-1)!;
  return (
    prompt
      .map((part) => part.text)
      .join("")
      .split(text).length - 1
  );
}

describe("a forward of a forward", () => {
  it("shows the model what it passes on once, whichever forward is replied to", async () => {
    run = await DiscordRun.start();
    const bob = run.server.addPerson("Bob", run.guild);
    const note = bob.say(run.channel, "orig words", { files: [FILE], fields: EMBEDS });
    const forwards = [bob.forward(note, run.channel)];
    for (let hops = 1; hops < 3; hops++) forwards.push(bob.forward(forwards.at(-1)!, run.channel));
    for (const [index, replyTo] of forwards.entries()) {
      run.ann.mention(run.channel, "what is this?", { replyTo });
      await run.server.until(() => run.inference.requests.length > index, "a question to the model");
      await run.ended(run.channel);
      expect(PARTS.map(timesShown)).toEqual([1, 1, 1]);
    }
  });
});
