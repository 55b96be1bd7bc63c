import { Random } from "../../services/inference/src/engine/sampling/random.ts";

const SUBJECTS = [
  "the old farmer",
  "a small dog",
  "the young teacher",
  "my neighbour",
  "the quiet child",
  "a tall sailor",
];
const VERBS = ["carried", "found", "painted", "followed", "described", "remembered", "borrowed", "counted"];
const OBJECTS = [
  "the red boat",
  "a heavy stone",
  "the long letter",
  "three green apples",
  "the broken clock",
  "a warm coat",
];
const PLACES = [
  "near the river",
  "behind the school",
  "under the bridge",
  "in the garden",
  "on the hill",
  "by the sea",
];
const TIMES = ["in the morning", "after the rain", "last summer", "before dinner", "late at night", "every spring"];

/**
 * That many words of plain English sentences, made by a small grammar; about 1.2 tokens a word. The same seed gives the same
 * words; other seeds begin with other words, so that no cache can help.
 */
export function sentences(seed: number, words: number): string {
  const random = new Random(seed);
  const one = (from: readonly string[]) => from[Math.floor(random.next() * from.length)]!;
  const all = [`Story ${Math.floor(random.next() * 1e9)} begins.`];
  for (let count = all[0]!.split(" ").length; count < words; ) {
    const sentence = `${one(TIMES)}, ${one(SUBJECTS)} ${one(VERBS)} ${one(OBJECTS)} ${one(PLACES)}.`;
    all.push(sentence.charAt(0).toUpperCase() + sentence.slice(1));
    count += sentence.split(" ").length;
  }
  return all.join(" ").split(" ").slice(0, words).join(" ");
}
