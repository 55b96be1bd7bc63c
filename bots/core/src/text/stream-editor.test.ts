import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGate } from "../testing/gate.ts";
import { StreamEditor } from "./stream-editor.ts";

class Refused extends Error {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super("too many edits");
    this.retryAfterMs = retryAfterMs;
  }
}
const retryAfterMs = (error: unknown) => (error instanceof Refused ? error.retryAfterMs : undefined);

describe("StreamEditor", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** An editor whose edits fail with the given errors first, and what it showed when. */
  function createEditor(...failures: (Error | undefined)[]) {
    const edits: (readonly [number, string])[] = [];
    const beganAt = performance.now();
    const edit = async (text: string) => {
      edits.push([performance.now() - beganAt, text]);
      const failure = failures.shift();
      if (failure) throw failure;
      return true;
    };
    return { edits, editor: new StreamEditor({ intervalMs: 1_000, edit, retryAfterMs }) };
  }

  it("shows the first state at once and then the newest one each interval", async () => {
    const { edits, editor } = createEditor();
    for (const text of ["a", "ab", "abc"]) editor.update(text);
    await vi.advanceTimersByTimeAsync(500);
    editor.update("abcd");
    await vi.advanceTimersByTimeAsync(500);
    expect(edits).toEqual([
      [0, "a"],
      [1_000, "abcd"],
    ]);
  });

  it("edits nothing that is shown already", async () => {
    const { edits, editor } = createEditor();
    editor.update("a");
    await vi.advanceTimersByTimeAsync(0);
    const finished = editor.finish("a");
    await vi.runAllTimersAsync();
    await finished;
    expect(edits).toEqual([[0, "a"]]);
  });

  it("shows a state that was left for later when the next may be, and only the newest", async () => {
    const shown: string[] = [];
    let hasRoom = false;
    const edit = async (text: string) => {
      if (hasRoom) shown.push(text);
      return hasRoom;
    };
    const editor = new StreamEditor({ intervalMs: 1_000, edit });
    editor.update("a");
    await vi.advanceTimersByTimeAsync(5_000);
    editor.update("ab");
    hasRoom = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(shown).toEqual(["ab"]);
  });

  it("has one edit in flight", async () => {
    const gate = createGate();
    let numInFlight = 0;
    let most = 0;
    const edit = async () => {
      most = Math.max(most, ++numInFlight);
      await gate.opened;
      numInFlight--;
      return true;
    };
    const editor = new StreamEditor({ intervalMs: 1, edit });
    editor.update("a");
    await vi.advanceTimersByTimeAsync(50);
    editor.update("ab");
    await vi.advanceTimersByTimeAsync(50);
    gate.open();
    const finished = editor.finish("abc");
    await vi.runAllTimersAsync();
    await finished;
    expect(most).toBe(1);
  });

  it("waits as long as the platform asks, then shows the newest state", async () => {
    const { edits, editor } = createEditor(new Refused(5_000));
    editor.update("a");
    await vi.advanceTimersByTimeAsync(3_000);
    editor.update("ab");
    await vi.runAllTimersAsync();
    expect(edits).toEqual([
      [0, "a"],
      [5_000, "ab"],
    ]);
  });

  it("leaves out an edit that fails and shows the next", async () => {
    const { edits, editor } = createEditor(new Error("broken"));
    editor.update("a");
    await vi.runAllTimersAsync();
    editor.update("ab");
    await vi.runAllTimersAsync();
    expect(edits.map(([, text]) => text)).toEqual(["a", "ab"]);
  });

  it("tries the last edit again, five times in all", async () => {
    const passing = createEditor(new Error("1"), new Refused(7_000), new Error("3"));
    const finished = passing.editor.finish("end");
    await vi.runAllTimersAsync();
    await finished;
    expect(passing.edits.map(([atMs]) => atMs)).toEqual([0, 1_000, 8_000, 12_000]);

    const failing = createEditor(...["1", "2", "3", "4", "5"].map((text) => new Error(text)));
    const failed = expect(failing.editor.finish("end")).rejects.toThrow("5");
    await vi.runAllTimersAsync();
    await failed;
    expect(failing.edits).toHaveLength(5);
  });

  it("has all five tries for the last edit, however often earlier ones were refused", async () => {
    const refusals = Array.from({ length: 7 }, () => new Refused(1_000));
    const { edits, editor } = createEditor(...refusals, ...["1", "2", "3", "4"].map((text) => new Error(text)));
    editor.update("a");
    await vi.advanceTimersByTimeAsync(6_500);
    const finished = editor.finish("end");
    await vi.runAllTimersAsync();
    await finished;
    expect(edits.filter(([, text]) => text === "end")).toHaveLength(5);
  });

  it("does not count the refusal of an earlier edit in flight among the last one's tries", async () => {
    const edits: string[] = [];
    const first = createGate();
    const edit = async (text: string) => {
      edits.push(text);
      if (text === "a") await first.opened;
      throw new Error("broken");
    };
    const editor = new StreamEditor({ intervalMs: 1_000, edit });
    editor.update("a");
    const failed = expect(editor.finish("end")).rejects.toThrow("broken");
    first.open();
    await vi.runAllTimersAsync();
    await failed;
    expect(edits).toEqual(["a", ...Array(5).fill("end")]);
  });

  it("shows nothing more once it is cancelled", async () => {
    const { edits, editor } = createEditor();
    editor.update("a");
    await vi.advanceTimersByTimeAsync(0);
    editor.update("ab");
    await editor.cancel();
    await vi.runAllTimersAsync();
    expect(edits).toEqual([[0, "a"]]);
  });

  it("asks before each edit, and shows nothing more once it may not", async () => {
    const shown: string[] = [];
    let isMine = true;
    let numAsked = 0;
    const edit = async (text: string) => shown.push(text) > 0;
    const mayEdit = async () => ++numAsked > 0 && isMine;
    const editor = new StreamEditor({ intervalMs: 1_000, edit, mayEdit });
    editor.update("a");
    await vi.advanceTimersByTimeAsync(1_000);
    isMine = false;
    editor.update("ab");
    await vi.advanceTimersByTimeAsync(1_000);
    isMine = true;
    await editor.finish("end");
    expect(shown).toEqual(["a"]);
    expect(numAsked).toBe(2);
  });

  it("waits for the answer whether it may edit, and then shows the newest state", async () => {
    const shown: string[] = [];
    const renewed = createGate();
    const mayEdit = async () => {
      await renewed.opened;
      return true;
    };
    const editor = new StreamEditor({ intervalMs: 1_000, edit: async (text) => shown.push(text) > 0, mayEdit });
    for (const text of ["a", "ab"]) {
      editor.update(text);
      await vi.advanceTimersByTimeAsync(5_000);
    }
    renewed.open();
    await vi.advanceTimersByTimeAsync(0);
    expect(shown).toEqual(["ab"]);
  });

  it("refuses a state after the last", async () => {
    const { editor } = createEditor();
    await editor.finish("end");
    expect(() => editor.update("more")).toThrow("update after finish");
  });

  it("always shows the last state and never edits too often, whatever fails in between", async () => {
    const failure = fc.constantFrom(undefined, undefined, new Error("broken"), new Refused(2_500));
    const gaps = fc.array(fc.integer({ min: 0, max: 1_500 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(gaps, fc.array(failure, { maxLength: 4 }), async (waits, failures) => {
        const { edits, editor } = createEditor(...failures);
        for (const [index, waitMs] of waits.entries()) {
          editor.update(`${index}`);
          await vi.advanceTimersByTimeAsync(waitMs);
        }
        const finished = editor.finish("end");
        await vi.runAllTimersAsync();
        await finished;
        expect(edits.at(-1)?.[1]).toBe("end");
        const times = edits.map(([atMs]) => atMs);
        for (const [index, atMs] of times.entries())
          expect(atMs - (times[index - 1] ?? -1_000)).toBeGreaterThanOrEqual(1_000);
      }),
    );
  });

  it("shows the last state however close upon the end of an edit it comes", async () => {
    for (let numTicks = 0; numTicks < 12; numTicks++) {
      const shown: string[] = [];
      const first = createGate();
      const edit = async (state: string) => {
        shown.push(state);
        if (state === "a") await first.opened;
        return true;
      };
      const editor = new StreamEditor({ intervalMs: 0, edit });
      editor.update("a");
      first.open();
      for (let tick = 0; tick < numTicks; tick++) await Promise.resolve();
      await editor.finish("b");
      expect(shown).toEqual(["a", "b"]);
    }
  });
});
