import { describe, expect, it } from "vitest";
import { OpenChannels } from "./open-channels.ts";

describe("OpenChannels", () => {
  it("reads again what was read before something was set, and what was being read then", async () => {
    const reads: ((isOpen: boolean) => void)[] = [];
    const channels = new OpenChannels(() => new Promise((resolve) => reads.push(resolve)));
    const before = channels.has("C1");
    channels.forget();
    reads[0]!(false);
    expect(await before).toBe(false);
    expect(channels.knows("C1")).toBeUndefined();
    const after = [channels.has("C1"), channels.has("C1")];
    reads[1]!(true);
    expect(await Promise.all(after)).toEqual([true, true]);
    expect(channels.knows("C1")).toBe(true);
    expect(reads).toHaveLength(2);
  });

  it("does not know one that cannot be read, and reads it again", async () => {
    const answers = [Promise.reject(new Error("away")), Promise.resolve(true)];
    const channels = new OpenChannels(() => answers.shift()!);
    expect(await channels.has("C1")).toBeUndefined();
    expect(await channels.has("C1")).toBe(true);
  });
});
