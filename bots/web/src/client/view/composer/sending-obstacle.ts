export interface SendingConditions {
  /** In UTF-16 units, as those of its files. */
  readonly maxMessageLength: number;
  readonly filesLength: number;
}

/** Why a text cannot be sent; empty if it can. Whether it is answered is the server's to say. */
export function sendingObstacle(text: string, { maxMessageLength, filesLength }: SendingConditions): string {
  const length = text.trim().length + filesLength;
  if (length <= maxMessageLength) return "";
  const [has, limit] = [length, maxMessageLength].map((value) => value.toLocaleString("en"));
  return `${has} characters${filesLength > 0 ? " with the files" : ""}; at most ${limit} can be sent.`;
}
