import { FAILED, MISUSED, StartError } from "./start-error.ts";

/** A command line that cannot be understood. The message says why and how it is written, in one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Tells why a command failed, in one line. Returns its exit code: 2 for a command line or a variable that is wrong, else 1. */
export function tellFailure(error: unknown): number {
  console.error(`Cria: ${error instanceof Error ? error.message : error}`);
  if (error instanceof UsageError) return MISUSED;
  return error instanceof StartError ? error.exitCode : FAILED;
}

/** Ends the process quietly once nobody reads its output any more, as behind `head`. Any other fault of it is told. */
export function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : tellFailure(error));
  });
}

/** What `parseArgs` says, without the advice that follows. */
export function firstSentence(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split(". ")[0]!;
}
