import { StartError } from "../start-error.ts";
import { setUpDiscord } from "./discord.ts";
import { envFilePath, writeEnvFile } from "./env-file.ts";
import { setUpSlack } from "./slack.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/** Each asks, checks with the platform, and returns variables of the environment. */
const PLATFORMS: Readonly<Record<string, (terminal: Terminal) => Promise<Readonly<Record<string, string>>>>> = {
  discord: (terminal) => setUpDiscord(terminal, process.env.CRIA_DISCORD_API_URL || undefined),
  slack: (terminal) => setUpSlack(terminal, process.env.CRIA_SLACK_API_URL || undefined),
};

const USAGE = `Usage: npm run setup -- ${Object.keys(PLATFORMS).join("|")}
Walks through the tokens of a platform, checks them, and writes them into .env.`;

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`Cria: ${error instanceof Error ? error.message : error}`);
  return 1;
});

/** Returns the exit code. */
async function main([platform = "", ...rest]: readonly string[]): Promise<number> {
  const setUp = Object.hasOwn(PLATFORMS, platform) ? PLATFORMS[platform] : undefined;
  if (!setUp || rest.length > 0) throw new StartError(`which platform?\n${USAGE}`);
  const path = envFilePath(process.env);
  const terminal = openTerminal();
  try {
    writeEnvFile(path, await setUp(terminal));
    terminal.say(`Written to ${path}. Now: npm start`);
    return 0;
  } finally {
    terminal.close();
  }
}
