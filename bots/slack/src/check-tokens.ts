import { RefusedError, shorten } from "@cria/bot-core";
import { webApi } from "@slack/bolt";
import { isTransient, slackError } from "./api/slack-errors.ts";

/** Scopes of deploy/slack-manifest.yaml, and what fails without each. */
export const SCOPES: Readonly<Record<string, string>> = {
  "app_mentions:read": "mentions do not arrive",
  "assistant:write": "neither a status, Slack's stop button nor suggested prompts are shown",
  "channels:history": "threads in channels do not go on without a mention",
  "channels:read": "the Home tab lists no channels",
  "chat:write": "no reply can be written",
  commands: "/cria does not work",
  "files:read": "attached files cannot be read",
  "files:write": "very long replies come as many messages instead of a file",
  "groups:history": "threads in private channels do not go on without a mention",
  "groups:read": "the Home tab lists no channels",
  "im:history": "direct messages do not arrive",
  "im:read": "direct messages do not arrive",
  "im:write": "direct messages cannot be begun",
  "metadata.message:read": "a message whose answer from Slack is lost may be written twice",
  "mpim:history": "threads in group direct messages do not go on without a mention",
  "usergroups:read": "access lists do not know the user groups that people are in",
  "users:read": "people are known by their ids only",
};

/** Whom a token belongs to, and what is wrong with it. */
export interface TokenCheck {
  /** Whether Slack takes the token. */
  readonly isAccepted: boolean;
  /** Slack could not be asked. */
  readonly isUnreachable: boolean;
  /** Of a bot token. */
  readonly identity?: {
    readonly team: string;
    readonly teamId: string;
    readonly userId: string;
    /** Undefined where Slack, or a proxy on the way, does not name them. */
    readonly scopes: readonly string[] | undefined;
  };
  /** Sentences: what is wrong, and where to click. */
  readonly faults: readonly string[];
}

/** Of a proxy's page that comes in Slack's place the beginning is enough. */
const MAX_CAUSE_LENGTH = 200;
const TIMEOUT_MS = 10_000;
const APPS = "https://api.slack.com/apps → your app";

/** A client for a few calls: it gives up soon. */
function client(token: string, apiUrl: string | undefined): webApi.WebClient {
  const base = apiUrl === undefined ? {} : { slackApiUrl: apiUrl };
  return new webApi.WebClient(token, {
    ...base,
    timeout: TIMEOUT_MS,
    retryConfig: { retries: 0 },
    logLevel: webApi.LogLevel.ERROR,
  });
}

/** A token that Slack takes. */
export const ACCEPTED: TokenCheck = { isAccepted: true, isUnreachable: false, faults: [] };

/** The answer if Slack takes the token. Throws a `RefusedError` where it does not, another error where it cannot be asked. */
export function accepted(answer: TokenCheck): TokenCheck {
  if (answer.isAccepted) return answer;
  const faults = answer.faults.join(" ");
  throw answer.isUnreachable ? new Error(faults) : new RefusedError(faults);
}

/** Asks Slack about a bot token: whose it is and which scopes it lacks. Never rejects. */
export async function checkBotToken(token: string, apiUrl?: string): Promise<TokenCheck> {
  try {
    const answer = await client(token, apiUrl).auth.test();
    const granted = answer.response_metadata?.scopes;
    const missing = granted ? Object.keys(SCOPES).filter((scope) => !granted.includes(scope)) : [];
    const { team = "", team_id: teamId = "", user_id: userId = "" } = answer;
    return { ...ACCEPTED, identity: { team, teamId, userId, scopes: granted }, faults: missingScopes(missing) };
  } catch (error) {
    return botTokenRefusal(error);
  }
}

/** Why Slack does not take the bot token. */
export function botTokenRefusal(error: unknown): TokenCheck {
  return refusal(error, "bot token (xoxb-)", "OAuth & Permissions → Bot User OAuth Token");
}

/** Asks Slack whether an app-level token opens Socket Mode. Never rejects. */
export async function checkAppToken(token: string, apiUrl?: string): Promise<TokenCheck> {
  try {
    await client(token, apiUrl).apps.connections.open();
    return ACCEPTED;
  } catch (error) {
    return appTokenRefusal(error);
  }
}

/** Why Socket Mode could not be opened. */
export function appTokenRefusal(error: unknown): TokenCheck {
  const where = "Basic Information → App-Level Tokens → Generate, with the scope connections:write";
  return refusal(error, "app-level token (xapp-)", where);
}

function refusal(error: unknown, name: string, where: string): TokenCheck {
  const isUnreachable = slackError(error) === undefined || isTransient(error);
  return { isAccepted: false, isUnreachable, faults: [tokenFault(error, name, where)] };
}

/** One sentence each, and one of where to click. */
function missingScopes(scopes: readonly string[]): readonly string[] {
  if (scopes.length === 0) return [];
  const missing = scopes.map((scope) => `The scope ${scope} is missing: ${SCOPES[scope]}.`);
  return [...missing, `What is missing is added here: ${APPS} → OAuth & Permissions → Scopes, then Reinstall.`];
}

function tokenFault(error: unknown, name: string, where: string): string {
  const code = slackError(error);
  if (code !== undefined && isTransient(error)) return `Slack answers ${code} just now: try again later.`;
  switch (code) {
    case undefined:
      return `Slack cannot be reached (${firstCause(error)}). Check network and proxy.`;
    case "missing_scope":
      return `The ${name} lacks a scope. ${APPS} → ${where}.`;
    case "not_allowed_token_type":
      return `This is another kind of token than the ${name}. ${APPS} → ${where}.`;
    case "token_revoked":
    case "account_inactive":
    case "token_expired":
      return `Slack no longer takes the ${name} (${code}): the app was removed or reinstalled. ${APPS} → Install App, then copy it anew from ${where}.`;
    default:
      return `Slack does not take the ${name} (${code}). Copy it anew: ${APPS} → ${where}.`;
  }
}

/** What an error comes down to: those of the Web API and of `fetch` only wrap it. */
function firstCause(error: unknown): string {
  if (error instanceof Error && error.cause !== undefined) return firstCause(error.cause);
  return shorten(error instanceof Error ? error.message : String(error), MAX_CAUSE_LENGTH);
}
