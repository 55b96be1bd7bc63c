import { RefusedError } from "@cria/bot-core";
import {
  type APIApplication,
  type APIUser,
  ApplicationFlags,
  DiscordAPIError,
  HTTPError,
  PermissionFlagsBits,
  REST,
  Routes,
} from "discord.js";
import { fatalClose } from "./close-codes.ts";

const AUTHENTICATION_FAILED = 4004;
const UNAUTHORIZED = 401;

/** What Discord says of the token's owner. */
export interface BotIdentity {
  readonly applicationId: string;
  readonly name: string;
  /** Whether the portal lets the bot read messages that do not name it. */
  readonly readsAllMessages: boolean;
}

/** Asks Discord whom a token belongs to. Rejects with one sentence for people: a `RefusedError` when the token is wrong. */
export async function checkToken(token: string, apiUrl: string | undefined): Promise<BotIdentity> {
  const rest = new REST({ version: "10", retries: 0, ...(apiUrl !== undefined && { api: apiUrl }) }).setToken(token);
  try {
    const user = (await rest.get(Routes.user())) as APIUser;
    const { id, flags } = (await rest.get(Routes.currentApplication())) as APIApplication;
    return { applicationId: id, name: user.username, readsAllMessages: hasMessageContent(flags) };
  } catch (error) {
    throw failure(error, apiUrl);
  } finally {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
  }
}

/** Where a guild's owner adds the bot, with the permissions it needs. The scope `bot` includes `applications.commands`. */
export function installLink(applicationId: string): string {
  const permissions = [
    PermissionFlagsBits.ViewChannel,
    PermissionFlagsBits.SendMessages,
    PermissionFlagsBits.SendMessagesInThreads,
    PermissionFlagsBits.CreatePublicThreads,
    PermissionFlagsBits.AttachFiles,
    PermissionFlagsBits.ReadMessageHistory,
  ].reduce((sum, bit) => sum | bit, 0n);
  return `https://discord.com/oauth2/authorize?client_id=${applicationId}&scope=bot&permissions=${permissions}`;
}

/** Where the intent is switched on. */
export function intentsLink(applicationId: string): string {
  return `https://discord.com/developers/applications/${applicationId}/bot`;
}

function hasMessageContent(flags = 0): boolean {
  return (flags & (ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited)) !== 0;
}

function failure(error: unknown, apiUrl = "https://discord.com/api"): Error {
  const status = error instanceof DiscordAPIError || error instanceof HTTPError ? error.status : undefined;
  if (status === UNAUTHORIZED) return new RefusedError(fatalClose(AUTHENTICATION_FAILED), { cause: error });
  if (status !== undefined)
    return new Error(`Discord answers ${status} just now; see https://discordstatus.com and try again.`, {
      cause: error,
    });
  const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : error;
  return new Error(`Discord cannot be reached at ${apiUrl}: ${reason}`, { cause: error });
}
