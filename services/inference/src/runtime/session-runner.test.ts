import { describe, expect, it } from "vitest";
import { findDevice } from "./ort/execution-provider.ts";
import { loadOrt, type Ort } from "./ort/ort-api.ts";
import { openSessionRunner } from "./session-runner.ts";
import { TINY_MAX_MODEL_LEN, tinyFile } from "./stock-decoder.fixture.ts";

const MAKES = /^Create|TypeInfo$|Name$/;
const FREES = /^Release|^AllocatorFree$/;

/** ONNX Runtime that refuses its call number `failing`, and counts what was made and not given back. */
function countingOrt(failing: number) {
  const real = loadOrt();
  let calls = 0;
  let held = 0;
  const refuse = (name: string) => {
    if (!FREES.test(name) && ++calls === failing) throw new Error(`call ${failing} is refused`);
  };
  const count = (name: string) => void (FREES.test(name) ? held-- : MAKES.test(name) && held++);
  const counting: Ort = {
    env: real.env,
    call(name, ...args) {
      refuse(name);
      real.call(name, ...args);
      count(name);
    },
    get(name, ...args) {
      refuse(name);
      const made = real.get<never>(name, ...args);
      count(name);
      return made;
    },
    async callAsync(name, ...args) {
      refuse(name);
      await real.callAsync(name, ...args);
    },
    async getAsync(name, ...args) {
      refuse(name);
      const made = await real.getAsync(name, ...args);
      count(name);
      return made;
    },
    release(name, pointer) {
      real.release(name, pointer);
      count(name);
    },
  };
  return { ort: counting, calls: () => calls, held: () => held };
}

const device = findDevice(loadOrt(), "cpu");
const open = (ort: Ort) =>
  openSessionRunner(ort, {
    graphFile: tinyFile("own"),
    device,
    maxNumSeqs: 2,
    maxModelLen: TINY_MAX_MODEL_LEN,
    weightBytes: 0,
  });

describe("openSessionRunner", () => {
  it("gives back all it took, whichever call fails", async () => {
    const whole = countingOrt(0);
    const runner = await open(whole.ort);
    expect(whole.held()).toBeGreaterThan(0);
    runner.close();
    expect(whole.held()).toBe(0);
    for (let failing = 1; failing <= whole.calls(); failing++) {
      const { ort, held } = countingOrt(failing);
      await expect(open(ort)).rejects.toThrow("is refused");
      expect({ failing, held: held() }).toEqual({ failing, held: 0 });
    }
  });

  it("binds rows anew after the binding failed halfway", async () => {
    const whole = countingOrt(0);
    (await open(whole.ort)).close();
    const { ort, held } = countingOrt(whole.calls() + 5);
    const runner = await open(ort);
    const entries = [1, 2].map((tokenId) => ({ numComputedTokens: 0, tokenId }));
    const step = { type: "decode", moves: [], entries } as const;
    await expect(runner.run(step)).rejects.toThrow("is refused");
    expect((await runner.run(step)).every(Number.isFinite)).toBe(true);
    runner.close();
    expect(held()).toBe(0);
  });
});
