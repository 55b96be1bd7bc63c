/** A number and its noun, as "1 line" or "2 lines". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
