/** Cria cannot start, for a reason its user can do something about. The message says what, in one line. */
export class StartError extends Error {
  override readonly name = "StartError";
}
