/** Moves the focus between a list's options with the arrow keys, Home and End. */
export function moveWithin(event: KeyboardEvent): void {
  const options = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=option]")];
  const index = nextIndex(event.key, options.indexOf(document.activeElement as HTMLElement), options.length);
  if (index === undefined) return;
  event.preventDefault();
  options[index]?.focus();
}

/** Where a key leads in a list that closes to a ring; undefined if it leads nowhere. */
export function nextIndex(key: string, index: number, length: number): number | undefined {
  if (length === 0) return undefined;
  switch (key) {
    case "ArrowDown":
      return (index + 1) % length;
    case "ArrowUp":
      return (Math.max(index, 0) - 1 + length) % length;
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return undefined;
  }
}
