import type { SettingName } from "./command.ts";

/** How people of a platform name things, and what they can switch there. The bot's sentences are built with them. */
export interface PlatformWords {
  /** What a workspace is called, as "server". */
  readonly workspace: string;
  /** What goes before the name of a command, as "/" or "/cria ". */
  readonly commandPrefix: string;
  /** How a reply is stopped: one sentence. */
  readonly howToStop: string;
  /** The switches that mean something there, in the order of lists. */
  readonly settings: readonly SettingName[];
}

/** The web page's words. */
export const DEFAULT_WORDS: PlatformWords = {
  workspace: "workspace",
  commandPrefix: "/",
  howToStop: "The Stop button of a reply stops it.",
  settings: ["names"],
};
