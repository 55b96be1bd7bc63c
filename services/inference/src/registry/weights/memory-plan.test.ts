import { describe, expect, it } from "vitest";
import type { ModelWeights } from "../../model-folder/model-folder.ts";
import { planMemory } from "./memory-plan.ts";

const MIB = 2 ** 20;
const weights = { weightBytes: 100 * MIB, kvBytesPerToken: MIB / 64, maxModelLen: 8192 } as ModelWeights;
const plan = (memoryMib: number, maxNumSeqs = 16) =>
  planMemory(weights, { memoryLimitBytes: memoryMib * MIB, maxNumSeqs, maxModelLen: 4096 });

describe("planMemory", () => {
  it("charges the weights and the KV cache of every sequence in full", () => {
    expect(plan(4096)).toEqual({ maxNumSeqs: 16, maxModelLen: 4096, bytes: (100 + 16 * 64) * MIB });
  });

  it("runs fewer sequences where their KV cache would take over half of the memory", () => {
    expect(plan(1024)).toMatchObject({ maxNumSeqs: 8, bytes: (100 + 8 * 64) * MIB });
    expect(plan(1023)).toMatchObject({ maxNumSeqs: 7 });
  });

  it("runs fewer where the weights leave less than half, and one in any case", () => {
    expect(plan(180)).toMatchObject({ maxNumSeqs: 1, bytes: 164 * MIB });
    expect(plan(50)).toMatchObject({ maxNumSeqs: 1, bytes: 164 * MIB });
  });

  it("takes a context that the model itself bounds", () => {
    const short = planMemory(
      { ...weights, maxModelLen: 64 },
      { memoryLimitBytes: 4096 * MIB, maxNumSeqs: 2, maxModelLen: 4096 },
    );
    expect(short).toEqual({ maxNumSeqs: 2, maxModelLen: 64, bytes: 102 * MIB });
  });
});
