/** Moves the focus from a button that its own press takes away to the message around it. */
export function focusMessage({ currentTarget }: Event): void {
  (currentTarget as HTMLElement).closest("article")?.focus({ preventScroll: true });
}

/** Whether the focus goes from inside an element to outside of it; not where it goes to another page or nowhere. */
export function isLeaving({ currentTarget, relatedTarget }: FocusEvent): boolean {
  return relatedTarget !== null && !(currentTarget as Node).contains(relatedTarget as Node);
}

/** For a field that takes the focus when it comes. */
export function focusOnce(input: HTMLInputElement | null): void {
  input?.focus();
}
