/** What can be wrong with a request. */
export type WebErrorCode =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "notFound"
  | "conflict"
  | "tooLarge"
  | "tooMany"
  | "unavailable";

/** The HTTP status of each code. */
export const HTTP_STATUS = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  tooLarge: 413,
  tooMany: 429,
  unavailable: 503,
} as const satisfies Record<WebErrorCode, number>;

/** A fault whose message is one sentence for the person at the page. */
export class WebError extends Error {
  readonly code: WebErrorCode;

  constructor(code: WebErrorCode, message: string) {
    super(message);
    this.name = "WebError";
    this.code = code;
  }
}
