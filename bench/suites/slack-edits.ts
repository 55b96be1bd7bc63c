import { setTimeout as wait } from "node:timers/promises";
import { manifestOptions } from "../../test/slack-server/manifest.ts";
import { startSlackServer } from "../../test/slack-server/slack-server.ts";
import { measured, type Result } from "../result.ts";
import { endedReplies, replyText, startSlackBot } from "../slack-bot.ts";
import { StreamingInference } from "../streaming-inference.ts";

const REPLIES = 100;
const LIMIT_MS = 400_000;
const LOOK_MS = 250;
const STOP_MS = 1_000;

/** 100 long replies at once, within Slack's real limits: how often it refuses, and what is to be read in the end. */
export async function slackEdits(report: (result: Result) => void): Promise<void> {
  const server = await startSlackServer(manifestOptions());
  const inference = new StreamingInference();
  const ann = server.people.addUser("Ann");
  const channels = Array.from({ length: REPLIES }, (_, index) => server.people.addChannel(`channel-${index}`, [ann]));
  const bot = await startSlackBot(server, inference);
  const startedAt = performance.now();
  const questions = channels.map((channel) => server.people.mention(channel, ann, "talk"));
  const hasEnded = () => questions.every((question) => endedReplies(server, question).length > 0);
  while (!hasEnded() && performance.now() - startedAt < LIMIT_MS) await wait(LOOK_MS);
  const { calls } = server.api;
  const refused = calls.filter(({ error }) => error === "ratelimited").length;
  const equal = questions.filter((question) => replyText(server, question) === inference.text.trim()).length;
  report(measured("slack-429", "% of the calls refused", [(100 * refused) / calls.length]));
  report(measured("slack-equal", `of ${REPLIES}`, [equal]));
  report(measured("slack-streamed", `of ${REPLIES}`, [server.calls("chat.startStream").length]));
  report(measured("slack-calls", "calls", [calls.length]));
  report(measured("slack-time", "s", [(performance.now() - startedAt) / 1000]));
  await bot.stop(STOP_MS);
  await server.close();
}
