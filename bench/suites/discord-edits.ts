import { splitMessage } from "@cria/bot-core";
import { DiscordServer } from "../../test/discord-server/index.ts";
import { endedReply, shownText, startDiscordBot } from "../discord-bot.ts";
import { measured, type Result } from "../result.ts";
import { StreamingInference } from "../streaming-inference.ts";

const REPLIES = 100;
/** Where the bot cuts a reply: 2,000 characters less the room for its small print. */
const CUT_AT = 1_700;
const LIMIT_MS = 240_000;
const LOOK_MS = 250;
const STOP_MS = 1_000;

/** 100 long replies stream at once, within Discord's real limits: how often it refuses, and what is to be read in the end. */
export async function discordEdits(report: (result: Result) => void): Promise<void> {
  const server = await DiscordServer.start();
  const inference = new StreamingInference();
  const { guild } = server.createGuild();
  const channels = Array.from({ length: REPLIES }, (_, index) => server.createChannel(guild, `channel-${index}`));
  const person = server.addPerson("Ann", guild);
  const bot = await startDiscordBot(server, inference);
  const startedAt = performance.now();
  for (const channel of channels) person.mention(channel, "talk");
  const ended = () =>
    channels.flatMap((channel) => [endedReply(server, channel) ?? []].filter((reply) => reply.length > 0));
  while (ended().length < REPLIES && performance.now() - startedAt < LIMIT_MS)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  const whole = splitMessage(inference.text, { limit: CUT_AT }).join("\n").trimEnd();
  const isEdit = ({ method, path }: { method: string; path: string }) =>
    method === "PATCH" && path.includes("/messages/");
  report(measured("discord-429", "refused", [server.requests.filter(({ status }) => status === 429).length]));
  report(measured("discord-equal", `of ${REPLIES}`, [ended().filter((reply) => shownText(reply) === whole).length]));
  report(measured("discord-edits", "edits", [server.requests.filter(isEdit).length]));
  report(measured("discord-time", "s", [(performance.now() - startedAt) / 1000]));
  await bot.stop(STOP_MS);
  await server.close();
}
