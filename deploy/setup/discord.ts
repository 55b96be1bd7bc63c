import { RefusedError } from "@cria/bot-core";
import { checkToken, installLink, intentsLink } from "@cria/discord/check-token";
import { StartError } from "../start-error.ts";
import { askToken, type Terminal } from "./terminal.ts";

const MAX_TRIES = 3;
const REFUSED =
  "Discord does not take this token. Copy it anew: https://discord.com/developers/applications → your app → Bot → Reset Token.";
const STEPS = `Discord needs an application with a bot:
  1. Open https://discord.com/developers/applications and choose New Application.
  2. Under Bot, press Reset Token and copy the token.
  3. Under Bot → Privileged Gateway Intents, switch Message Content Intent on
     (for threads that go on without a mention; without it all else works).`;

/** Asks for the bot's token until Discord takes it. Returns what goes into the environment file. */
export async function setUpDiscord(terminal: Terminal, apiUrl?: string): Promise<Readonly<Record<string, string>>> {
  terminal.say(STEPS);
  const { token, identity } = await askCheckedToken(terminal, apiUrl);
  const { applicationId, name, readsAllMessages } = identity;
  terminal.say(`Discord knows this bot as ${name}.`);
  terminal.say(
    readsAllMessages
      ? "The Message Content intent is on: threads go on without a mention."
      : `The Message Content intent is off: in threads, each message needs a mention. Switch it on at ${intentsLink(applicationId)} → Privileged Gateway Intents → Message Content Intent.`,
  );
  terminal.say(`Add the bot to your server: ${installLink(applicationId)}`);
  return { CRIA_DISCORD_TOKEN: token };
}

async function askCheckedToken(terminal: Terminal, apiUrl: string | undefined) {
  for (let tries = 1; ; tries++) {
    const token = await askToken(terminal, "The bot's token");
    try {
      return { token, identity: await checkToken(token, apiUrl) };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (tries === MAX_TRIES) throw new StartError(REFUSED);
      terminal.say(REFUSED);
    }
  }
}
