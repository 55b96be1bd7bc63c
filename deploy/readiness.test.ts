import type { InferenceClient } from "@cria/bot-core";
import { Model } from "@cria/proto";
import { describe, expect, it } from "vitest";
import { loadDefaultModel } from "./readiness.ts";

const MODEL = Model.fromPartial({ name: "llama", isDefault: true });

/** Tells what was said while the default model was loaded by a client that does only this much. */
async function linesWith(client: Pick<InferenceClient, "listModels" | "loadModel">): Promise<string[]> {
  const lines: string[] = [];
  const watchHealth: InferenceClient["watchHealth"] = (onChange) => {
    onChange(true);
    return () => {};
  };
  const tell = (line: string) => void lines.push(line);
  await loadDefaultModel({ ...client, watchHealth } as InferenceClient, tell, new AbortController().signal);
  return lines;
}

const gone = () => Promise.reject(new Error("the service went away"));

describe("loadDefaultModel", () => {
  it("says how long it took", async () => {
    const lines = await linesWith({ listModels: async () => [MODEL], loadModel: async function* () {} });
    expect(lines).toEqual([expect.stringMatching(/^llama is loaded \(\d+\.\d s\)$/)]);
  });

  it("says where to look when no model works", async () => {
    const broken = Model.fromPartial({ name: "alpaca", isDefault: false });
    const lines = await linesWith({ listModels: async () => [broken], loadModel: () => expect.unreachable() });
    expect(lines).toEqual(["no model works: `npm run models -- list` tells why, docs/models.md how to get one"]);
  });

  it("tells what goes wrong, and goes on, wherever the service goes away", async () => {
    const neverLoaded = { loadModel: () => expect.unreachable() };
    expect(await linesWith({ listModels: gone, ...neverLoaded })).toEqual([
      "the default model could not be loaded: the service went away",
    ]);
    // biome-ignore lint/correctness/useYield: it ends before it tells of any progress
    const loadModel = async function* (): AsyncGenerator<never> {
      await gone();
    };
    expect(await linesWith({ listModels: async () => [MODEL], loadModel })).toEqual([
      "llama could not be loaded: the service went away",
    ]);
  });
});
