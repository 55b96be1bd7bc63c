/** Most suggestions in one answer. */
const MAX_MATCHES = 3;

/** Names like the one given, the likest first: those that hold it, and those a few typing errors away. */
export function nearMatches(name: string, candidates: readonly string[]): readonly string[] {
  const wanted = name.toLowerCase().slice(0, 64);
  if (wanted === "") return [];
  const tolerance = Math.max(2, Math.floor(wanted.length / 3));
  return candidates
    .map((candidate) => ({ candidate, distance: likeness(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= tolerance)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MAX_MATCHES)
    .map(({ candidate }) => candidate);
}

function likeness(wanted: string, candidate: string): number {
  if (candidate.startsWith(wanted)) return 0;
  return candidate.includes(wanted) ? 0.5 : editDistance(wanted, candidate);
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
