import { distance } from "fastest-levenshtein";
import { InferenceError } from "../errors.ts";

/** The error for a name that no model has, with the names that may have been meant. */
export function modelNotFound(name: string, names: readonly string[]): InferenceError {
  const shown = name.slice(0, 64);
  const nearest = nearestNames(name, names);
  return new InferenceError("MODEL_NOT_FOUND", `model "${shown}" does not exist; ${nearestHint(nearest)}`, {
    metadata: { model: shown, nearest: nearest.join(",") },
  });
}

/** Names in a sentence's end. A name that is not like the one meant would mislead. */
export function nearestHint(nearest: readonly string[]): string {
  return nearest.length > 0 ? `nearest: ${nearest.join(", ")}` : "none has a name like it";
}

/** How many changed letters a name may be away, as a share of its length. */
const MAX_DISTANCE = 1 / 3;

/** Whole names go before parts of names. */
const PART_PENALTY = 0.1;

/** Up to three names that someone who typed `name` may have meant, nearest first. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  const ranked = names.map((candidate) => ({ candidate, unlikeness: unlikeness(name, candidate) }));
  return ranked
    .filter(({ unlikeness }) => unlikeness <= MAX_DISTANCE)
    .sort((a, b) => a.unlikeness - b.unlikeness || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** 0 for equal, 1 for nothing in common. What was typed is often a part, or nearly the beginning, of a longer name. */
function unlikeness(typed: string, candidate: string): number {
  const name = typed.toLowerCase().slice(0, 64);
  if (name === "") return 1;
  if (name.length >= 3 && candidate.includes(name)) return PART_PENALTY;
  const whole = distance(name, candidate) / Math.max(name.length, candidate.length);
  return Math.min(whole, beginningDistance(name, candidate) / name.length + PART_PENALTY);
}

/** A letter left out or too many moves where the beginning ends. */
function beginningDistance(name: string, candidate: string): number {
  const ends = [name.length - 1, name.length, name.length + 1];
  return Math.min(...ends.map((end) => distance(name, candidate.slice(0, end))));
}
