import type { Logger } from "pino";
import type { PacedClient } from "../api/paced-client.ts";
import { slackError } from "../api/slack-errors.ts";

const LIFETIME_MS = 10 * 60_000;
/** After a failure; what was known until then holds on. */
const RETRY_MS = 30_000;
/** Without the scope, and on plans that have none, there are no user groups; the start tells of the scope. */
const NONE = ["missing_scope", "plan_upgrade_required"];

type Members = ReadonlyMap<string, readonly string[]>;

/** The user groups of the workspace: roles, as access lists see them. All are asked for at once, every ten minutes. */
export class UserGroups {
  readonly #client: PacedClient;
  readonly #logger: Logger;
  #members: Promise<Members> = Promise.resolve(new Map());
  #untilMs = -Infinity;

  constructor(client: PacedClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** Ids of the groups that someone is in. Never rejects. */
  async of(userId: string): Promise<readonly string[]> {
    if (performance.now() >= this.#untilMs) this.#renew();
    const groups = await this.#members;
    return [...groups].filter(([, users]) => users.includes(userId)).map(([id]) => id);
  }

  #renew(): void {
    this.#untilMs = performance.now() + LIFETIME_MS;
    const before = this.#members;
    this.#members = this.#ask().catch((error: unknown) => {
      if (NONE.includes(slackError(error) ?? "")) return new Map();
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
