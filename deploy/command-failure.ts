/** A command line that cannot be understood. The message says why and how it is written, in one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Exit codes as shells know them. */
const FAILED = 1;
const MISUSED = 2;

/** Tells why a command failed, in one line. Returns its exit code: 2 for a command line that cannot be understood, else 1. */
export function tellFailure(error: unknown): number {
  console.error(`Cria: ${error instanceof Error ? error.message : error}`);
  return error instanceof UsageError ? MISUSED : FAILED;
}

/** What `parseArgs` says, without the advice that follows. */
export function firstSentence(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split(". ")[0]!;
}
