import { type Author, within } from "@cria/bot-core";
import type { Logger } from "pino";
import type { PacedClient } from "../api/paced-client.ts";
import { LruCache } from "../lru-cache.ts";
import { UserGroups } from "./user-groups.ts";

const LIFETIME_MS = 10 * 60_000;
const MAX_PEOPLE = 5_000;
/** Longer nobody is kept waiting for a name. */
const MAX_WAIT_MS = 2_000;

export interface PeopleOptions {
  readonly client: PacedClient;
  readonly logger: Logger;
  /** Whether the user groups that people are in make a difference. */
  readonly needsRoles: boolean;
}

/** Looks people up, and remembers them for ten minutes. */
export class People {
  readonly #client: PacedClient;
  readonly #logger: Logger;
  readonly #groups: UserGroups | undefined;
  readonly #known = new LruCache<Promise<Author>>(MAX_PEOPLE, LIFETIME_MS);

  constructor({ client, logger, needsRoles }: PeopleOptions) {
    this.#client = client;
    this.#logger = logger;
    if (needsRoles) this.#groups = new UserGroups(client, logger);
    this.#groups?.renew();
  }

  /** Someone by id, with their user groups where they are needed. */
  async author(id: string): Promise<Author> {
    const [person, roleIds] = await Promise.all([this.#person(id), this.#groups?.of(id)]);
    return roleIds ? { ...person, roleIds } : person;
  }

  /** Named by the id where Slack does not tell, cannot be asked just now, or takes its time: then the next one has the name. */
  async #person(id: string): Promise<Author> {
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
    return { id, name: nameOf(user) ?? id, isAdmin: user?.is_admin === true || user?.is_owner === true };
  }

  /** The names of some people, for a text that mentions them. */
  async names(ids: readonly string[]): Promise<(id: string) => string> {
    const authors = await Promise.all([...new Set(ids)].slice(0, 20).map((id) => this.#person(id)));
    const names = new Map(authors.map(({ id, name }) => [id, name]));
    return (id) => names.get(id) ?? id;
  }
}

interface SlackUser {
  readonly name?: string;
  readonly real_name?: string;
  readonly profile?: { readonly display_name?: string };
  readonly is_admin?: boolean;
  readonly is_owner?: boolean;
}

function nameOf(user: SlackUser | undefined): string | undefined {
  return user?.profile?.display_name || user?.real_name || user?.name;
}
