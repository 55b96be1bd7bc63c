import { tellFailure, UsageError } from "../command-failure.ts";
import { envFilePath, ROOT } from "../settings.ts";
import { shownPath } from "../shown-path.ts";
import { setUpDiscord } from "./discord.ts";
import { loadEnvFile, overridden, writeEnvFile } from "./env-file.ts";
import { setUpSlack } from "./slack.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/** Each asks, checks with the platform, and returns variables of the environment. */
const PLATFORMS: Readonly<Record<string, (terminal: Terminal) => Promise<Readonly<Record<string, string>>>>> = {
  discord: (terminal) => setUpDiscord(terminal, process.env.CRIA_DISCORD_API_URL || undefined),
  slack: (terminal) => setUpSlack(terminal, process.env.CRIA_SLACK_API_URL || undefined),
};

const USAGE = `npm run setup -- ${Object.keys(PLATFORMS).join("|")}`;
const HELP = `Usage: ${USAGE}
Walks through the tokens of a platform, checks them, and writes them into .env, or the file that CRIA_ENV_FILE names.`;

process.exitCode = await main(process.argv.slice(2)).catch(tellFailure);

/** Returns the exit code. */
async function main([platform = "", ...rest]: readonly string[]): Promise<number> {
  if (platform === "--help" || platform === "-h") {
    console.log(HELP);
    return 0;
  }
  const setUp = Object.hasOwn(PLATFORMS, platform) ? PLATFORMS[platform] : undefined;
  if (!setUp || rest.length > 0) throw new UsageError(`which platform? Usage: ${USAGE}`);
  const envBefore = { ...process.env };
  const path = envFilePath(process.env);
  loadEnvFile(path);
  const terminal = openTerminal();
  try {
    const values = await setUp(terminal);
    writeEnvFile(path, values);
    terminal.say(`Written to ${shownPath(ROOT, path)}. Now: npm start`);
    for (const name of overridden(values, envBefore)) terminal.say(overriddenLine(name));
    return 0;
  } finally {
    terminal.close();
  }
}

function overriddenLine(name: string): string {
  return `The environment sets ${name} to another value, which goes before the file: unset it first.`;
}
