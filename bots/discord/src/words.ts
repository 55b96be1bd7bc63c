import { DEFAULT_WORDS, type PlatformWords } from "@cria/bot-core";

/** How people of Discord name things. */
export const DISCORD_WORDS: PlatformWords = {
  ...DEFAULT_WORDS,
  workspace: "server",
  howToStop: "The Stop button of a reply stops it, and so does the word `stop`.",
  settings: ["answer-all", "threads", "names", "previews"],
};
