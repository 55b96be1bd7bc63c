import { once } from "node:events";
import type { Logger } from "pino";
import { type CoreConfig, type OpenBotCore, openBotCore } from "../open-bot-core.ts";
import type { PlatformWords } from "../port/words.ts";
import { loadCoreConfig } from "./config.ts";
import { ConfigError, type Environment, loadParts } from "./environment.ts";
import { createLogger, logLevel } from "./logger.ts";
import { RefusedError } from "./until-reachable.ts";

/** What does not stop within this time is left behind. */
const STOP_LIMIT_MS = 5_000;
/** For supervisors: configuration or tokens are wrong, and there is no use in starting again until they are changed. */
const EXIT_CONFIG = 2;

/** A bot's connection to its platform. */
export interface BotPlatform {
  /** Connects, when the platform can be reached. Rejects with a `RefusedError` when it does not take the bot. */
  start(): Promise<void>;
  /** Ends what is being written, at most so long, and disconnects; a start under way is given up. */
  stop(graceMs: number): Promise<void>;
}

/** What a platform is made of, besides its own configuration. */
export interface BotParts extends OpenBotCore {
  readonly coreConfig: CoreConfig;
  readonly logger: Logger;
  /** The platform has closed the connection for good: the sentence says what to do. */
  readonly onLost: (reason: string) => void;
}

/** A bot of one platform. */
export interface BotProgram<Config> {
  /** The platform's name, as "Slack". */
  readonly name: string;
  readonly env: Environment;
  readonly words: PlatformWords;
  /** @throws ConfigError for what cannot be */
  readonly loadConfig: (env: Environment) => Config;
  readonly createPlatform: (config: Config, parts: BotParts) => BotPlatform;
  /** From SIGTERM to the end of replies that are being written, in milliseconds. */
  readonly stopGraceMs: number;
}

/** The whole process of a bot, until SIGTERM, Ctrl-C or the loss of its platform; sets the exit code, 2 where another start is no use. */
export async function runBot<Config>(program: BotProgram<Config>): Promise<void> {
  const { name, env } = program;
  const logger = createLogger(name.toLowerCase(), logLevel(env));
  const stopping = new AbortController();
  stopping.signal.addEventListener("abort", () => setTimeout(() => process.exit(), STOP_LIMIT_MS).unref());
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopping.abort());
  try {
    await runUntilStopped(program, logger, stopping);
  } catch (error) {
    logger.fatal(error instanceof Error ? error.message : String(error));
    process.exitCode ||= error instanceof ConfigError || error instanceof RefusedError ? EXIT_CONFIG : 1;
  }
}

async function runUntilStopped<Config>(
  { env, words, loadConfig, createPlatform, ...program }: BotProgram<Config>,
  logger: Logger,
  stopping: AbortController,
): Promise<void> {
  const [config, coreConfig] = loadParts(
    () => loadConfig(env),
    () => loadCoreConfig(env),
  );
  const opened = await openBotCore(coreConfig, { logger, words });
  const onLost = (reason: string) => {
    logger.fatal(reason);
    process.exitCode = EXIT_CONFIG;
    stopping.abort();
  };
  const platform = createPlatform(config, { ...opened, coreConfig, logger, onLost });
  try {
    await connected(platform, program.name, logger, stopping.signal);
  } finally {
    stopping.abort();
    await platform.stop(program.stopGraceMs);
    await opened.close();
  }
}

/** Resolves once the signal has aborted. Rejects where the platform cannot be connected to. */
async function connected(platform: BotPlatform, name: string, logger: Logger, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const isStopped = once(signal, "abort");
  const isConnected = platform.start().then(() => logger.info(`${name} is connected`));
  await Promise.race([isConnected, isStopped]);
  await isStopped;
}
