import { describe, expect, it } from "vitest";
import { EncodingTurns } from "./encoding-turns.ts";

/** Encodes texts of this many characters each, all at once; tells how many of each turn of the event loop. */
async function charactersByTurn(texts: readonly number[], turns: EncodingTurns): Promise<number[]> {
  const byTurn = [0];
  let isOver = false;
  const count = () => {
    byTurn.push(0);
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const encode = async (characters: number) => {
    await turns.take(characters);
    byTurn[byTurn.length - 1]! += characters;
  };
  await Promise.all(texts.map(encode));
  isOver = true;
  return byTurn.filter((characters) => characters > 0);
}

describe("EncodingTurns", () => {
  it("lets short texts through at once", () => {
    const turns = new EncodingTurns(100);
    expect([turns.take(50), turns.take(49), turns.take(70)]).toEqual([undefined, undefined, undefined]);
    expect(turns.take(1)).toBeInstanceOf(Promise);
  });

  it("gives the event loop its turns, however many encode at once", async () => {
    const byTurn = await charactersByTurn(Array(20).fill(60), new EncodingTurns(100));
    expect(byTurn).toEqual(Array(10).fill(120));
  });

  it("lets those who wait through in order, and nobody overtake them", async () => {
    const turns = new EncodingTurns(10);
    const order: string[] = [];
    const encode = async (name: string) => {
      await turns.take(10);
      order.push(name);
    };
    const all = [encode("a"), encode("b"), encode("c")];
    await all[1];
    await Promise.all([...all, encode("d")]);
    expect(order).toEqual(["a", "b", "c", "d"]);
  });
});
