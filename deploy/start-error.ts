/** Exit codes as shells know them. */
export const FAILED = 1;
/** A command line or a variable of the environment is wrong: another start is no use until it is changed. */
export const MISUSED = 2;

/** Cria cannot start, for a reason its user can do something about. The message says what, in one line. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly exitCode: number;

  constructor(message: string, exitCode = FAILED) {
    super(message);
    this.exitCode = exitCode;
  }
}
