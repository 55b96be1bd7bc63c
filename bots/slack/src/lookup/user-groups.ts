import { within } from "@cria/bot-core";
import type { Logger } from "pino";
import type { PacedClient } from "../api/paced-client.ts";
import { slackError } from "../api/slack-errors.ts";

const LIFETIME_MS = 10 * 60_000;
/** After a failure; what was known until then holds on. */
const RETRY_MS = 30_000;
/** Longer nobody is kept waiting for them. */
const MAX_WAIT_MS = 2_000;
/** Plans without user groups. */
const NO_PLAN = "plan_upgrade_required";
/** The start tells of it. */
const NO_SCOPE = "missing_scope";

/** A user group as Slack lists it. */
interface UserGroup {
  readonly id: string;
  readonly handle?: string;
  readonly users?: readonly string[];
}

/** The user groups of the workspace: roles, as access lists see them, and names in texts. All are asked for at once, every ten minutes. */
export class UserGroups {
  readonly #client: PacedClient;
  readonly #logger: Logger;
  /** By id; undefined while they were never known. */
  #known: ReadonlyMap<string, UserGroup> | undefined;
  #asking: Promise<void> = Promise.resolve();
  #untilMs = -Infinity;

  constructor(client: PacedClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** Asks for them where it is time, as before the first person is looked up. */
  renew(): void {
    if (performance.now() < this.#untilMs) return;
    this.#untilMs = performance.now() + LIFETIME_MS;
    this.#asking = this.#ask().catch((error: unknown) => this.#doWithout(error));
  }

  /** Ids of the groups that someone is in; undefined where they are not known. Never rejects. */
  async of(userId: string): Promise<readonly string[] | undefined> {
    this.renew();
    await within(MAX_WAIT_MS, this.#asking).catch(() => undefined);
    return this.#known && [...this.#known.values()].filter(({ users }) => users?.includes(userId)).map(({ id }) => id);
  }

  /** How a group is mentioned, without the sign; undefined where that is not known. Never rejects. */
  async handle(id: string): Promise<string | undefined> {
    this.renew();
    await within(MAX_WAIT_MS, this.#asking).catch(() => undefined);
    return this.#known?.get(id)?.handle;
  }

  async #ask(): Promise<void> {
    const answer = await this.#client.call("usergroups.list", { include_users: true });
    const { usergroups = [] } = answer as { usergroups?: readonly UserGroup[] };
    this.#known = new Map(usergroups.map((group) => [group.id, group]));
  }

  #doWithout(error: unknown): void {
    if (slackError(error) === NO_PLAN) this.#known = new Map();
    else if (slackError(error) === NO_SCOPE) this.#known = undefined;
    else {
      this.#untilMs = performance.now() + RETRY_MS;
      this.#logger.warn({ err: error }, "the user groups are not known just now; access lists go by what they were");
    }
  }
}
