/** How many changed letters a name may be away, as a share of its length. */
const MAX_DISTANCE = 0.5;

/** Up to three names that someone who typed `name` may have meant, nearest first. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  const ranked = names.map((candidate) => ({ candidate, distance: distanceOf(name, candidate) }));
  return ranked
    .filter(({ distance }) => distance <= MAX_DISTANCE)
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** 0 for equal, 1 for nothing in common. What was typed is often the beginning, or a part, of a longer name. */
function distanceOf(typed: string, candidate: string): number {
  const [a, b] = [typed.toLowerCase().slice(0, 64), candidate];
  if (a.length >= 3 && b.includes(a)) return 0.1;
  return editDistance(a, b) / Math.max(a.length, b.length, 1);
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
