import { type AccessPolicy, type Author, LruCache } from "@cria/bot-core";
import {
  type APIInteractionGuildMember,
  type Client,
  type Guild,
  type GuildMember,
  RESTJSONErrorCodes,
  type User,
} from "discord.js";
import type { Logger } from "pino";
import { errorCode } from "../reply/discord-errors.ts";
import { authorOf } from "./place.ts";

const LIFETIME_MS = 10 * 60_000;
const MAX_PEOPLE = 5_000;
/** Guilds that a person is looked for in, each by a request, where the access lists name none. */
const MAX_GUILDS = 20;

export interface AuthorsOptions {
  readonly client: Client;
  readonly access: AccessPolicy;
  readonly logger: Logger;
}

/** Who wrote something. A direct message belongs to no guild: who writes one is looked for in those that the access lists need. */
export class Authors {
  readonly #options: AuthorsOptions;
  readonly #known = new LruCache<Promise<readonly GuildMember[]>>(MAX_PEOPLE, LIFETIME_MS);

  constructor(options: AuthorsOptions) {
    this.#options = options;
  }

  async of(user: User, member: GuildMember | APIInteractionGuildMember | null): Promise<Author> {
    const author = authorOf(user, member);
    if (member !== null || !asksForGuilds(this.#options.access)) return author;
    const members = await this.#memberships(user.id);
    if (!members) return author;
    const roleIds = members.flatMap((one) => authorOf(user, one).roleIds ?? []);
    return { ...author, workspaceIds: members.map(({ guild }) => guild.id), roleIds };
  }

  /** Remembered for ten minutes. Undefined where Discord does not tell: the lists then keep the person out. */
  async #memberships(userId: string): Promise<readonly GuildMember[] | undefined> {
    const known = this.#known.get(userId);
    const memberships = known ?? this.#find(userId);
    if (!known) this.#known.set(userId, memberships);
    try {
      return await memberships;
    } catch (error) {
      this.#known.delete(userId);
      this.#options.logger.warn({ err: error }, "it is not known which servers someone is in");
      return undefined;
    }
  }

  async #find(userId: string): Promise<readonly GuildMember[]> {
    const found = await Promise.all(this.#guilds().map((guild) => findMember(guild, userId)));
    return found.filter((member) => member !== undefined);
  }

  #guilds(): readonly Guild[] {
    const { client, access } = this.#options;
    const { allow, deny } = access;
    const isListed = ({ id }: Guild) => allow.workspaces.length === 0 || allow.workspaces.includes(id);
    const guilds = [...client.guilds.cache.values()].filter(isListed);
    if (guilds.length > MAX_GUILDS && deny.roles.length > 0)
      throw new Error(
        `roles are looked up in ${MAX_GUILDS} servers at most; name those that count in CRIA_ALLOW_WORKSPACES`,
      );
    return guilds.slice(0, MAX_GUILDS);
  }
}

function asksForGuilds({ allow, deny, admins }: AccessPolicy): boolean {
  return [allow.workspaces, allow.roles, deny.roles, admins.roles].some(({ length }) => length > 0);
}

async function findMember(guild: Guild, userId: string): Promise<GuildMember | undefined> {
  try {
    return await guild.members.fetch({ user: userId, force: true });
  } catch (error) {
    if (errorCode(error) === RESTJSONErrorCodes.UnknownMember) return undefined;
    throw error;
  }
}
