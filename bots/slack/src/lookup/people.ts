import { type Author, LruCache, within } from "@cria/bot-core";
import type { Logger } from "pino";
import type { PacedClient } from "../api/paced-client.ts";
import type { UserGroups } from "./user-groups.ts";

const LIFETIME_MS = 10 * 60_000;
const MAX_PEOPLE = 5_000;
/** Longer nobody is kept waiting for a name. */
const MAX_WAIT_MS = 2_000;

export interface PeopleOptions {
  readonly client: PacedClient;
  readonly logger: Logger;
  /** Whose administrators are the bot's: people of another workspace, in a channel that is shared with it, are none. */
  readonly workspaceId: string;
  /** Where the user groups that people are in make a difference. */
  readonly groups?: UserGroups | undefined;
}

/** Looks people up, and remembers them for ten minutes. */
export class People {
  readonly #client: PacedClient;
  readonly #logger: Logger;
  readonly #workspaceId: string;
  readonly #groups: UserGroups | undefined;
  readonly #known = new LruCache<Promise<Author>>(MAX_PEOPLE, LIFETIME_MS);

  constructor({ client, logger, workspaceId, groups }: PeopleOptions) {
    this.#client = client;
    this.#workspaceId = workspaceId;
    this.#logger = logger;
    this.#groups = groups;
    groups?.renew();
  }

  /** Someone by id, with their user groups where they are needed. */
  async author(id: string): Promise<Author> {
    const [person, roleIds] = await Promise.all([this.person(id), this.#groups?.of(id)]);
    return roleIds ? { ...person, roleIds } : person;
  }

  /** Someone by id; named by it where Slack does not tell, cannot be asked just now, or takes its time: then the next one has the name. */
  async person(id: string): Promise<Author> {
    try {
      return await within(MAX_WAIT_MS, this.#known.get(id) ?? this.#beginLookUp(id));
    } catch (error) {
      this.#logger.debug({ err: error }, "someone's name is not known");
      return { id, name: id };
    }
  }

  #beginLookUp(id: string): Promise<Author> {
    const lookup = this.#lookUp(id);
    this.#known.set(id, lookup);
    lookup.catch(() => this.#known.delete(id));
    return lookup;
  }

  async #lookUp(id: string): Promise<Author> {
    const answer = (await this.#client.callNow("users.info", { user: id })) as { user?: SlackUser } | undefined;
    if (!answer) throw new Error("too many people are looked up at once");
    const { user } = answer;
    const isOurs = user?.team_id === undefined || user.team_id === this.#workspaceId;
    return { id, name: nameOf(user) ?? id, isAdmin: isOurs && (user?.is_admin === true || user?.is_owner === true) };
  }
}

interface SlackUser {
  readonly team_id?: string;
  readonly name?: string;
  readonly real_name?: string;
  readonly profile?: { readonly display_name?: string };
  readonly is_admin?: boolean;
  readonly is_owner?: boolean;
}

function nameOf(user: SlackUser | undefined): string | undefined {
  return user?.profile?.display_name || user?.real_name || user?.name;
}
