import { type NamesOf, referencesIn } from "../text/plain-text.ts";
import type { Channels } from "./channels.ts";
import type { People } from "./people.ts";
import type { UserGroups } from "./user-groups.ts";

/** Of one message: people, and channels. */
const MAX_LOOKED_UP = 20;

export interface NamesOptions {
  readonly people: People;
  readonly channels: Channels;
  readonly groups: UserGroups;
  /** Mentions of the bot are taken off, so its name is not looked up. */
  readonly botUserId: string;
}

/** What ids in texts stand for. */
export class Names {
  readonly #people: People;
  readonly #channels: Channels;
  readonly #groups: UserGroups;
  readonly #botUserId: string;

  constructor({ people, channels, groups, botUserId }: NamesOptions) {
    this.#people = people;
    this.#channels = channels;
    this.#groups = groups;
    this.#botUserId = botUserId;
  }

  /** Looks up whom and what some texts name; ids stand where Slack does not tell in time, and beyond twenty of a kind. */
  async of(texts: readonly string[]): Promise<NamesOf> {
    const { users, channels, groups } = referencesIn(texts);
    const [user, channel, group] = await Promise.all([
      namesBy(
        users.filter((id) => id !== this.#botUserId),
        async (id) => (await this.#people.person(id)).name,
      ),
      namesBy(channels, (id) => this.#channels.name(id)),
      namesBy(groups, (id) => this.#groups.handle(id)),
    ]);
    return { user, channel, group };
  }
}

async function namesBy(
  ids: readonly string[],
  lookUp: (id: string) => Promise<string | undefined>,
): Promise<(id: string) => string> {
  const wanted = [...new Set(ids)].slice(0, MAX_LOOKED_UP);
  const found = new Map(await Promise.all(wanted.map(async (id) => [id, await lookUp(id)] as const)));
  return (id) => found.get(id) ?? id;
}
