import { DEFAULT_WORDS, type PlatformWords } from "@cria/bot-core";

/** How people of the page do things. */
export const WEB_WORDS: PlatformWords = {
  ...DEFAULT_WORDS,
  howToStop: "The Stop button of a reply stops it, and so does the word `stop`, in a channel after a mention.",
};
