import { describe, expect, it } from "vitest";
import { DeviceMutex } from "./device-mutex.ts";
import { loadOnnxModelRunner } from "./onnx-model-runner.ts";
import { TINY_MAX_MODEL_LEN, TINY_VOCAB_SIZE, tinyFile } from "./stock-decoder.fixture.ts";

/** A mutex that writes down what begins and ends. */
class RecordingMutex extends DeviceMutex {
  readonly events: string[] = [];

  override runExclusive<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return super.runExclusive(async () => {
      this.events.push("begin");
      try {
        return await work();
      } finally {
        this.events.push("end");
      }
    }, signal);
  }
}

describe("DeviceMutex", () => {
  it("does one thing at a time, in the order of asking", async () => {
    const mutex = new DeviceMutex();
    const events: string[] = [];
    const work = (name: string) => async () => {
      events.push(`begin ${name}`);
      await new Promise(setImmediate);
      events.push(`end ${name}`);
      return name;
    };
    expect(await Promise.all(["a", "b", "c"].map((name) => mutex.runExclusive(work(name))))).toEqual(["a", "b", "c"]);
    expect(events).toEqual(["begin a", "end a", "begin b", "end b", "begin c", "end c"]);
  });

  it("goes on after what failed, and tells only who asked", async () => {
    const mutex = new DeviceMutex();
    const failed = mutex.runExclusive(async () => Promise.reject(new Error("lost")));
    const next = mutex.runExclusive(async () => "done");
    await expect(failed).rejects.toThrow("lost");
    expect(await next).toBe("done");
  });

  it("lets go of one that leaves before its turn, and of none that has begun", async () => {
    const mutex = new DeviceMutex();
    const done: string[] = [];
    const work = (name: string) => async () => {
      await new Promise(setImmediate);
      done.push(name);
    };
    const leaving = new AbortController();
    const first = mutex.runExclusive(work("first"), leaving.signal);
    const second = mutex.runExclusive(work("second"), leaving.signal);
    const third = mutex.runExclusive(work("third"));
    leaving.abort(new Error("left"));
    await expect(second).rejects.toThrow("left");
    await Promise.all([first, third]);
    await expect(mutex.runExclusive(work("too late"), leaving.signal)).rejects.toThrow("left");
    await mutex.runExclusive(work("last"), new AbortController().signal);
    expect(done).toEqual(["first", "third", "last"]);
  });

  it("lets two models take turns, one of which is still loading, and never both compute", async () => {
    const mutex = new RecordingMutex();
    const finished: string[] = [];
    const passes = async (name: string) => {
      const runner = await loadOnnxModelRunner({
        graphFile: tinyFile("own"),
        maxNumSeqs: 2,
        maxModelLen: TINY_MAX_MODEL_LEN,
        device: "cpu",
        mutex,
      });
      for (let i = 0; i < 20; i++) {
        const rows = [{ row: 0, numComputedTokens: i, tokenIds: [i], numLogits: 1 }];
        expect(await runner.run({ moves: [], rows })).toHaveLength(TINY_VOCAB_SIZE);
        finished.push(name);
      }
      await runner.close();
    };
    await Promise.all([passes("a"), passes("b")]);
    expect(mutex.events).toEqual(mutex.events.map((_, i) => (i % 2 === 0 ? "begin" : "end")));
    // In turn from where both have loaded: neither computes twice while the other waits.
    const both = finished.slice(finished.indexOf("b"), finished.lastIndexOf("a") + 1);
    expect(both.every((name, i) => i === 0 || name !== both[i - 1])).toBe(true);
    expect(both.length).toBeGreaterThan(20);
  });
});
