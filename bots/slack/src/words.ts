import type { PlatformWords } from "@cria/bot-core";

/** How people of Slack name things. */
export const SLACK_WORDS: PlatformWords = {
  workspace: "workspace",
  commandPrefix: "/cria ",
  howToStop: "The word `stop` in the thread of a reply stops it, and so does the Stop button beside the message field.",
  settings: ["answer-all", "names", "previews"],
};
