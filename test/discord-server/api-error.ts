/** What the REST API refuses with: HTTP status and Discord's sentence by its JSON error code. */
const ERRORS = {
  0: { status: 404, message: "404: Not Found" },
  10003: { status: 404, message: "Unknown Channel" },
  10004: { status: 404, message: "Unknown Guild" },
  10007: { status: 404, message: "Unknown Member" },
  10008: { status: 404, message: "Unknown Message" },
  10013: { status: 404, message: "Unknown User" },
  10015: { status: 404, message: "Unknown Webhook" },
  10062: { status: 404, message: "Unknown interaction" },
  10063: { status: 404, message: "Unknown application command" },
  20012: { status: 403, message: "You are not authorized to perform this action on this application" },
  30032: { status: 400, message: "Maximum number of application commands reached" },
  30034: { status: 400, message: "Max number of daily application command creates has been reached" },
  40060: { status: 400, message: "Interaction has already been acknowledged." },
  50001: { status: 403, message: "Missing Access" },
  50005: { status: 403, message: "Cannot edit a message authored by another user" },
  50006: { status: 400, message: "Cannot send an empty message" },
  50007: { status: 403, message: "Cannot send messages to this user" },
  50013: { status: 403, message: "Missing Permissions" },
  50027: { status: 401, message: "Invalid Webhook Token" },
  50035: { status: 400, message: "Invalid Form Body" },
  50083: { status: 400, message: "Thread is archived" },
  50109: { status: 400, message: "The request body contains invalid JSON." },
  160002: { status: 400, message: "You cannot reply without permission to read message history" },
  160004: { status: 400, message: "A thread has already been created for this message" },
} as const;

export type ApiErrorCode = keyof typeof ERRORS;

/** What is wrong with one field of a form body. */
export interface FormFault {
  /** As `["embeds", 0, "description"]`. */
  readonly path: readonly PropertyKey[];
  /** As BASE_TYPE_MAX_LENGTH. */
  readonly code: string;
  readonly message: string;
}

/** A request that Discord refuses. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ApiErrorCode;
  readonly #faults: readonly FormFault[];

  constructor(code: ApiErrorCode, faults: readonly FormFault[] = []) {
    super(ERRORS[code].message);
    this.code = code;
    this.#faults = faults;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  /** The answer's body. */
  toJSON(): object {
    const { code, message } = this;
    return this.#faults.length === 0 ? { code, message } : { code, message, errors: nest(this.#faults) };
  }
}

/** A form body with one fault. */
export function formError(path: readonly PropertyKey[], code: string, message: string): ApiError {
  return new ApiError(50035, [{ path, code, message }]);
}

interface FaultTree {
  [key: string]: FaultTree | object[];
}

/** Faults in the tree shape of https://docs.discord.com/developers/reference#error-messages. */
function nest(faults: readonly FormFault[]): object {
  const root: FaultTree = {};
  for (const { path, code, message } of faults) {
    let node = root;
    for (const key of path.map(String)) {
      node[key] ??= {};
      node = node[key] as FaultTree;
    }
    node._errors = [...((node._errors as object[] | undefined) ?? []), { code, message }];
  }
  return root;
}
