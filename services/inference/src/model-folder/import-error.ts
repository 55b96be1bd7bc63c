/** A file that cannot become a model folder, or a folder that could not be written; the message says why and what to do. */
export class ImportError extends Error {
  override readonly name = "ImportError";
}
