import { InferenceError } from "../errors.ts";

/** The error for a name that no model has, with the names that may have been meant. */
export function modelNotFound(name: string, names: readonly string[]): InferenceError {
  const nearest = nearestNames(name, names);
  const others = nearest.length > 0 ? nearest : names.slice(0, 10);
  const hint = nearest.length > 0 ? "nearest" : "there are";
  const shown = name.slice(0, 64);
  return new InferenceError(
    "MODEL_NOT_FOUND",
    `model "${shown}" does not exist; ${hint}: ${others.join(", ") || "none"}`,
    {
      metadata: { model: shown, nearest: nearest.join(",") },
    },
  );
}

/** How many changed letters a name may be away, as a share of its length. */
const MAX_DISTANCE = 0.5;

/** Whole names go before parts of names. */
const PART_PENALTY = 0.1;

/** Up to three names that someone who typed `name` may have meant, nearest first. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  const ranked = names.map((candidate) => ({ candidate, distance: distanceOf(name, candidate) }));
  return ranked
    .filter(({ distance }) => distance <= MAX_DISTANCE)
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** 0 for equal, 1 for nothing in common. What was typed is often a part, or nearly the beginning, of a longer name. */
function distanceOf(typed: string, candidate: string): number {
  const name = typed.toLowerCase().slice(0, 64);
  if (name === "") return 1;
  if (name.length >= 3 && candidate.includes(name)) return PART_PENALTY;
  const whole = editDistance(name, candidate) / Math.max(name.length, candidate.length);
  const beginning = editDistance(name, candidate.slice(0, name.length)) / name.length;
  return Math.min(whole, beginning + PART_PENALTY);
}

/** Levenshtein's: insertions, deletions and replacements that make one of the other. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
