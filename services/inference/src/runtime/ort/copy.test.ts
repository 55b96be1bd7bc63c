import { expect, it } from "vitest";
import { copyInTurns } from "./copy.ts";
import { DisposableStack } from "./disposable-stack.ts";
import { hostMemory } from "./memory.ts";
import { loadOrt } from "./ort-api.ts";
import { createTensor, tensorBytes } from "./tensor.ts";

const MB = 2 ** 20;

it("copies all of every range, and gives the event loop a turn for each MB", async () => {
  const ort = loadOrt();
  const owned = new DisposableStack();
  const memory = hostMemory(ort, owned);
  const byteLength = 3 * MB + 12;
  const [source, target] = [1, 2].map(() =>
    createTensor(ort, { memory, type: "float32", dims: [(2 * byteLength) / 4], owned }),
  );
  const [from, to] = [source!, target!].map((tensor) => new Uint8Array(tensorBytes(tensor, 2 * byteLength)).fill(0));
  for (let i = 0; i < from!.length; i++) from![i] = i % 251;
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns++;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  const second = { source: source!.data + BigInt(byteLength), target: target!.data + BigInt(byteLength), byteLength };
  await copyInTurns([{ source: source!.data, target: target!.data, byteLength }, second]);
  isDone = true;
  expect(Buffer.compare(from!, to!)).toBe(0);
  expect(turns).toBeGreaterThanOrEqual(6);
  owned.dispose();
});
