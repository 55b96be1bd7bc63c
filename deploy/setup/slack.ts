import { readFile } from "node:fs/promises";
import { checkAppToken, checkBotToken, type TokenCheck } from "@cria/slack/check-tokens";
import { StartError } from "../start-error.ts";
import { askToken, type Terminal } from "./terminal.ts";

const MAX_TRIES = 3;
const MANIFEST = new URL("../slack-manifest.yaml", import.meta.url);

/**
 * Asks for the tokens until Slack takes them. Returns what goes into the environment file.
 * @throws StartError when Slack cannot be asked, or takes none of three tokens
 */
export async function setUpSlack(terminal: Terminal, apiUrl?: string): Promise<Readonly<Record<string, string>>> {
  terminal.say(`Slack needs an app:
  1. Open this link, choose your workspace, and press Create:
     ${await createLink()}
  2. Under Install App, press Install to Workspace and copy the Bot User OAuth Token (xoxb-…).`);
  const botToken = await askCheckedToken(terminal, "The bot token", (token) => checkBotToken(token, apiUrl));
  terminal.say(`  3. Under Basic Information → App-Level Tokens, press Generate Token and Scopes, add connections:write,
     press Generate and copy the token (xapp-…).`);
  const appToken = await askCheckedToken(terminal, "The app-level token", (token) => checkAppToken(token, apiUrl));
  terminal.say("In Slack, write to Cria under Apps, or invite it to a channel: /invite @cria");
  return { CRIA_SLACK_BOT_TOKEN: botToken, CRIA_SLACK_APP_TOKEN: appToken };
}

/** Creates the app with all its scopes, events and commands. */
async function createLink(): Promise<string> {
  const manifest = await readFile(MANIFEST, "utf8");
  const withoutComments = manifest.replace(/^#.*\n/gm, "");
  return `https://api.slack.com/apps?new_app=1&manifest_yaml=${encodeURIComponent(withoutComments)}`;
}

async function askCheckedToken(
  terminal: Terminal,
  name: string,
  check: (token: string) => Promise<TokenCheck>,
): Promise<string> {
  for (let tries = 1; ; tries++) {
    const token = await askToken(terminal, name);
    const answer = await check(token);
    const { isAccepted, identity, faults } = answer;
    if (identity) terminal.say(`Slack knows the bot, in the workspace ${identity.team}.`);
    if (isHopeless(answer, tries)) throw new StartError(faults.join(" "));
    for (const fault of faults) terminal.say(fault);
    if (isAccepted && (faults.length === 0 || !(await wantsAnother(terminal)))) return token;
  }
}

/** Whether another token would not help, or was asked for often enough. */
function isHopeless({ isAccepted, isUnreachable }: TokenCheck, tries: number): boolean {
  return isUnreachable || (!isAccepted && tries === MAX_TRIES);
}

/** What is missing can be mended now, or lived with. */
async function wantsAnother(terminal: Terminal): Promise<boolean> {
  const answer = await terminal.ask("Press Enter to go on without, or write `again` once it is mended:");
  return answer.toLowerCase() === "again";
}
