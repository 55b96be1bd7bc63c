import { AdvancingClock } from "../../test/clock.ts";
import { manifestOptions } from "../../test/slack-server/manifest.ts";
import { type SlackServer, startSlackServer } from "../../test/slack-server/slack-server.ts";
import { type Message, STREAM_LIFETIME_MS } from "../../test/slack-server/world/world.ts";
import { type EndedReply, type FaultyPlatform, MESSAGES } from "../faults/fault-bench.ts";
import { COMMON_FAULTS, causeFaults, type Fault } from "../faults/faults.ts";
import type { Result } from "../result.ts";
import { endedReplies, slackEnv } from "../slack-bot.ts";

const FAULTS: Readonly<Record<string, Fault<FaultySlack>>> = {
  ...COMMON_FAULTS,
  "sockets-cut": async ({ platform }) => platform.server.socketMode.disconnect("cut"),
  "streams-expired": async ({ platform }) => platform.clock.advance(STREAM_LIFETIME_MS),
  "answers-lost": async ({ platform: { server } }) => {
    for (let post = 0; post < MESSAGES; post++) {
      server.api.failNext("chat.startStream", "feature_not_enabled");
      server.api.loseNext("chat.postMessage", post % 2 === 0 ? "before" : "within");
    }
  },
};

/** What becomes of messages on Slack when something goes wrong. */
export async function slackFaults(report: (result: Result) => void): Promise<void> {
  await causeFaults(FaultySlack.start, FAULTS, report);
}

class FaultySlack implements FaultyPlatform {
  readonly name = "slack";
  readonly main = "bots/slack/src/main.ts";
  readonly env: Readonly<Record<string, string>>;
  readonly clock: AdvancingClock;
  readonly server: SlackServer;
  readonly #questions: Message[] = [];
  readonly #ann: string;

  static async start(): Promise<FaultySlack> {
    const clock = new AdvancingClock();
    return new FaultySlack(clock, await startSlackServer({ ...manifestOptions(), clock }));
  }

  private constructor(clock: AdvancingClock, server: SlackServer) {
    this.clock = clock;
    this.server = server;
    this.env = slackEnv(server);
    this.#ann = server.people.addUser("Ann");
  }

  ask(count: number): void {
    for (let index = 0; index < count; index++) {
      const channel = this.server.people.addChannel(`channel-${this.#questions.length}`, [this.#ann]);
      this.#questions.push(this.server.people.mention(channel, this.#ann, "talk"));
    }
  }

  endedReplies(): readonly (readonly EndedReply[])[] {
    return this.#questions.map((question) =>
      endedReplies(this.server, question).map(({ channel, ts, text, blocks }) => ({
        id: `${channel} ${ts}`,
        shown: JSON.stringify([text, blocks]),
      })),
    );
  }

  async close(): Promise<void> {
    await this.server.close();
  }
}
