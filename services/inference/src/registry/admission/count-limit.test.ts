import { describe, expect, it } from "vitest";
import { CountLimit } from "./count-limit.ts";

const MIB = 2 ** 20;

/** A count that takes as long as the test wants. */
function held(limit: CountLimit, bytes: number) {
  let end = () => {};
  const counted = limit.run(
    bytes,
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  return async () => {
    end();
    await counted;
  };
}

const atOnce = async () => "counted";

describe("CountLimit", () => {
  it("refuses more text than a MiB in all, with the numbers", async () => {
    const limit = new CountLimit();
    const end = held(limit, MIB - 10);
    expect(await limit.run(10, atOnce)).toBe("counted");
    await expect(limit.run(11, atOnce)).rejects.toMatchObject({
      code: "QUEUE_FULL",
      message: expect.stringMatching(
        /^1 counts of tokens with 1048566 bytes of text wait .* this one has 11; .* 1048576/,
      ),
    });
    await end();
    expect(await limit.run(MIB, atOnce)).toBe("counted");
  });

  it("takes one alone whatever its length, and nothing beside it", async () => {
    const limit = new CountLimit();
    const end = held(limit, 4 * MIB);
    await expect(limit.run(0, atOnce)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    await end();
    expect(await limit.run(0, atOnce)).toBe("counted");
  });

  it("frees the place of a count that fails", async () => {
    const limit = new CountLimit();
    const failing = () => Promise.reject(new Error("no tokenizer"));
    await expect(limit.run(4 * MIB, failing)).rejects.toThrow("no tokenizer");
    expect(await limit.run(MIB, atOnce)).toBe("counted");
  });
});
