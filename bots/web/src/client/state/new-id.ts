/** 96 random bits. `crypto.randomUUID` is missing on pages over plain HTTP. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
