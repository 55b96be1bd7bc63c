import { describe, expect, it } from "vitest";
import { DeviceMutex } from "./device-mutex.ts";
import { findDevice } from "./ort/execution-provider.ts";
import { loadOrt, type Ort } from "./ort/ort-api.ts";
import { MAX_BINDINGS } from "./row-bindings.ts";
import { openSessionRunner } from "./session-runner.ts";
import { TINY_MAX_MODEL_LEN, TINY_VOCAB_SIZE, tinyFile } from "./stock-decoder.fixture.ts";

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

/** ONNX Runtime that counts io-bindings: those that there are, and those that were ever made. */
function countingBindings() {
  const real = loadOrt();
  const count = { held: 0, made: 0 };
  const get: Ort["get"] = (name, ...args) => {
    const result = real.get<never>(name, ...args);
    if (name !== "CreateIoBinding") return result;
    count.held++;
    count.made++;
    return result;
  };
  const release: Ort["release"] = (name, pointer) => {
    real.release(name, pointer);
    if (name === "ReleaseIoBinding") count.held--;
  };
  return { ort: { ...real, get, release }, count };
}

const device = findDevice(loadOrt(), "cpu");
const open = (ort: Ort, { maxNumSeqs = 2, mutex = new DeviceMutex() } = {}) =>
  openSessionRunner(ort, {
    graphFile: tinyFile("own"),
    device,
    mutex,
    maxNumSeqs,
    maxModelLen: TINY_MAX_MODEL_LEN,
    weightBytes: 0,
  });

describe("openSessionRunner", () => {
  it("gives back all it took, whichever call fails", async () => {
    const whole = countingOrt(0);
    const runner = await open(whole.ort);
    expect(whole.held()).toBeGreaterThan(0);
    await runner.close();
    expect(whole.held()).toBe(0);
    for (let failing = 1; failing <= whole.calls(); failing++) {
      const { ort, held } = countingOrt(failing);
      await expect(open(ort)).rejects.toThrow("is refused");
      expect({ failing, held: held() }).toEqual({ failing, held: 0 });
    }
  });

  it("gives memory back in its turn on the device, after a load that failed too", async () => {
    const mutex = new DeviceMutex();
    const { ort, held } = countingOrt(0);
    const runner = await open(ort, { mutex });
    let endOther = () => {};
    const other = mutex.runExclusive(
      () =>
        new Promise<void>((resolve) => {
          endOther = resolve;
        }),
    );
    const before = held();
    const closed = runner.close();
    await expect(runner.run({ moves: [], rows: [] })).rejects.toThrow("run() after close()");
    await new Promise(setImmediate);
    expect([before > 0, held()]).toEqual([true, before]);
    endOther();
    await Promise.all([other, closed]);
    expect(held()).toBe(0);
  });

  it("gives back what a failed load took in its turn", async () => {
    const whole = countingOrt(0);
    await (await open(whole.ort)).close();
    const turns = { now: 0, releases: new Set<boolean>() };
    const mutex = new DeviceMutex();
    const runExclusive = mutex.runExclusive.bind(mutex);
    mutex.runExclusive = (work) =>
      runExclusive(async () => {
        turns.now++;
        return work().finally(() => turns.now--);
      });
    const { ort } = countingOrt(whole.calls() - 1);
    const release: Ort["release"] = (name, pointer) => {
      if (name === "ReleaseSession") turns.releases.add(turns.now === 1);
      ort.release(name, pointer);
    };
    await expect(open({ ...ort, release }, { mutex })).rejects.toThrow("is refused");
    expect([...turns.releases]).toEqual([true]);
  });

  it("keeps a bounded number of io-bindings, those used last, whatever ranges of rows ran", async () => {
    const { ort, count } = countingBindings();
    const runner = await open(ort, { maxNumSeqs: 8 });
    const decode = async (firstRow: number, numRows: number) => {
      const rows = Array.from({ length: numRows }, (_, i) => ({
        row: firstRow + i,
        numComputedTokens: 0,
        tokenIds: [1],
        numLogits: 1,
      }));
      return (await runner.run({ moves: [], rows })).slice(-TINY_VOCAB_SIZE);
    };
    const first = await decode(0, 1);
    for (let firstRow = 0; firstRow < 8; firstRow++) {
      for (let numRows = 1; firstRow + numRows <= 8; numRows++) {
        const logits = await decode(firstRow, numRows);
        for (const [i, logit] of logits.entries()) expect(logit).toBeCloseTo(first[i]!, 4);
        expect(count.held).toBeLessThanOrEqual(MAX_BINDINGS);
      }
    }
    expect(count.held).toBe(MAX_BINDINGS);
    const { made } = count;
    for (let i = 0; i < 3; i++) await decode(7, 1);
    expect(count.made).toBe(made);
    await decode(0, 1);
    expect(count.made).toBe(made + 1);
    await runner.close();
    expect(count.held).toBe(0);
  });

  it("binds rows anew after the binding failed halfway", async () => {
    const whole = countingOrt(0);
    await (await open(whole.ort)).close();
    const { ort, held } = countingOrt(whole.calls() + 5);
    const runner = await open(ort);
    const rows = [0, 1].map((row) => ({ row, numComputedTokens: 0, tokenIds: [1 + row], numLogits: 1 }));
    const step = { moves: [], rows };
    await expect(runner.run(step)).rejects.toThrow("is refused");
    expect((await runner.run(step)).every(Number.isFinite)).toBe(true);
    await runner.close();
    expect(held()).toBe(0);
  });
});
