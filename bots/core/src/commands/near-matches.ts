import { distance } from "fastest-levenshtein";

/** Most suggestions in one answer. */
const MAX_MATCHES = 3;

/** Names like the one given, the likest first: those that hold it, and those a few typing errors away. */
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
  return candidate.includes(wanted) ? 0.5 : distance(wanted, candidate);
}
