import { createInterface } from "node:readline";
import { DiscordServer } from "./discord-server/index.ts";
import { repliesTo } from "./slack/replies-to.ts";
import { manifestOptions } from "./slack-server/manifest.ts";
import { startSlackServer } from "./slack-server/slack-server.ts";
import { shownText } from "./slack-server/world/world.ts";

/** A Slack and a Discord on loopback, to try the bots without accounts (`npm run platforms`): what is typed Ann says to the bot. */
const USAGE = "Then write `slack What is a dog?` or `discord What is a dog?`: Ann mentions the bot in #general.";

const slack = await startSlackServer(manifestOptions());
const discord = await DiscordServer.start();
const ask: Readonly<Record<string, (text: string) => Promise<readonly string[]>>> = {
  slack: createSlackAnn(),
  discord: createDiscordAnn(),
};

console.log(`Start the bots in another terminal:\n\n${variables().join(" ")} npm start\n\n${USAGE}`);
for await (const line of createInterface({ input: process.stdin })) await say(line.trim());
await Promise.all([slack.close(), discord.close()]);

function variables(): readonly string[] {
  return [
    `CRIA_SLACK_API_URL=${slack.apiUrl}`,
    `CRIA_SLACK_BOT_TOKEN=${slack.botToken}`,
    `CRIA_SLACK_APP_TOKEN=${slack.appToken}`,
    `CRIA_DISCORD_API_URL=${discord.apiUrl}`,
    `CRIA_DISCORD_TOKEN=${discord.token}`,
  ];
}

/** Says a line's text on the platform that its first word names, and shows what the bot answers. */
async function say(line: string): Promise<void> {
  const [, platform = "", text = ""] = /^(\w+)\s+(.+)$/.exec(line) ?? [];
  const askThere = Object.hasOwn(ask, platform) ? ask[platform] : undefined;
  if (!askThere) return console.log(USAGE);
  const replies = await askThere(text).catch(() => ["(no whole reply in 30 s: is the bot connected?)"]);
  for (const reply of replies) console.log(`${platform} cria: ${reply}`);
}

/** Each mention roots a thread, in which the bot answers. */
function createSlackAnn() {
  const ann = slack.people.addUser("Ann");
  const channel = slack.people.addChannel("general", [ann]);
  return async (text: string) => (await repliesTo(slack, slack.people.mention(channel, ann, text))).map(shownText);
}

function createDiscordAnn() {
  const { guild, channel } = discord.createGuild();
  const ann = discord.addPerson("Ann", guild);
  return async (text: string) => {
    const numBefore = discord.botTexts(channel).length;
    ann.mention(channel, text);
    return await discord.until(() => {
      const replies = discord.botMessages(channel).slice(numBefore);
      const last = replies.at(-1)?.json;
      // An ended reply has a last line that says how it ended, and no Stop.
      const hasEnded = last && /^(-# |⚠️ )/m.test(last.content) && !JSON.stringify(last.components).includes("stop:");
      return hasEnded && replies.map(({ json }) => json.content);
    });
  };
}
