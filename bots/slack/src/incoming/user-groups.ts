import type { Logger } from "pino";
import type { PacedClient } from "../api/paced-client.ts";
import { slackError } from "../api/slack-errors.ts";

const LIFETIME_MS = 10 * 60_000;
/** After a failure; what was known until then holds on. */
const RETRY_MS = 30_000;
/** Plans without user groups. */
const NO_PLAN = "plan_upgrade_required";
/** The start tells of it. */
const NO_SCOPE = "missing_scope";

/** Undefined while they were never known. */
type Members = ReadonlyMap<string, readonly string[]> | undefined;

/** The user groups of the workspace: roles, as access lists see them. All are asked for at once, every ten minutes. */
export class UserGroups {
  readonly #client: PacedClient;
  readonly #logger: Logger;
  #members: Promise<Members> = Promise.resolve(undefined);
  #untilMs = -Infinity;

  constructor(client: PacedClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** Ids of the groups that someone is in; undefined where they are not known. Never rejects. */
  async of(userId: string): Promise<readonly string[] | undefined> {
    if (performance.now() >= this.#untilMs) this.#renew();
    const groups = await this.#members;
    return groups && [...groups].filter(([, users]) => users.includes(userId)).map(([id]) => id);
  }

  #renew(): void {
    this.#untilMs = performance.now() + LIFETIME_MS;
    const before = this.#members;
    this.#members = this.#ask().catch((error: unknown) => {
      if (slackError(error) === NO_PLAN) return new Map();
      if (slackError(error) === NO_SCOPE) return undefined;
      this.#untilMs = performance.now() + RETRY_MS;
      this.#logger.warn({ err: error }, "the user groups are not known just now; access lists go by what they were");
      return before;
    });
  }

  async #ask(): Promise<Members> {
    const answer = await this.#client.call("usergroups.list", { include_users: true });
    const { usergroups = [] } = answer as { usergroups?: readonly { id: string; users?: readonly string[] }[] };
    return new Map(usergroups.map(({ id, users = [] }) => [id, users]));
  }
}
