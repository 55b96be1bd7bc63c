import { distance } from "fastest-levenshtein";

/** Most suggestions in one answer. */
const MAX_MATCHES = 3;

/** Names like the one given, the likest first: those that hold it, and those that are or begin like it but for a few typing errors. */
export function nearMatches(name: string, candidates: readonly string[]): readonly string[] {
  const wanted = name.toLowerCase().slice(0, 64);
  if (wanted === "") return [];
  const tolerance = Math.max(2, Math.floor(wanted.length / 3));
  return candidates
    .map((candidate) => ({ candidate, unlikeness: unlikeness(wanted, candidate.toLowerCase()) }))
    .filter(({ unlikeness }) => unlikeness <= tolerance)
    .sort((a, b) => a.unlikeness - b.unlikeness)
    .slice(0, MAX_MATCHES)
    .map(({ candidate }) => candidate);
}

function unlikeness(wanted: string, candidate: string): number {
  if (candidate.startsWith(wanted)) return 0;
  if (candidate.includes(wanted)) return 0.5;
  return Math.min(distance(wanted, candidate), beginningUnlikeness(wanted, candidate));
}

/** For a name cut short: one typing error in three letters, since the rest of the candidate says nothing. */
function beginningUnlikeness(wanted: string, candidate: string): number {
  // A letter left out or too many moves where the beginning ends.
  const ends = [wanted.length - 1, wanted.length, wanted.length + 1];
  const errors = Math.min(...ends.map((end) => distance(wanted, candidate.slice(0, end))));
  return errors > wanted.length / 3 ? Number.POSITIVE_INFINITY : errors + 0.5;
}
