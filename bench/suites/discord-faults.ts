import { type Channel, DiscordServer, type Guild, type Person } from "../../test/discord-server/index.ts";
import type { EndedReply, FaultyPlatform } from "../faults/fault-bench.ts";
import { COMMON_FAULTS, causeFaults, type Fault } from "../faults/faults.ts";
import type { Result } from "../result.ts";

/** More failures than one try to connect takes. */
const FAILURES = 8;

const FAULTS: Readonly<Record<string, Fault<FaultyDiscord>>> = {
  ...COMMON_FAULTS,
  "gateway-dropped": async ({ platform }) => platform.server.dropConnections(),
  "session-lost": async ({ platform }) => {
    platform.server.forgetSessions();
    platform.server.dropConnections();
  },
  "gateway-failing": async (bench) => {
    bench.bots[0]!.kill("SIGTERM");
    bench.platform.server.fail("GET", /^\/gateway\/bot$/, 500, { times: FAILURES });
    bench.bots.push(await bench.startBot());
  },
};

/** What becomes of messages on Discord when something goes wrong. */
export async function discordFaults(report: (result: Result) => void): Promise<void> {
  await causeFaults(FaultyDiscord.start, FAULTS, report);
}

class FaultyDiscord implements FaultyPlatform {
  readonly name = "discord";
  readonly main = "bots/discord/src/main.ts";
  readonly env: Readonly<Record<string, string>>;
  readonly server: DiscordServer;
  readonly #guild: Guild;
  readonly #ann: Person;
  readonly #channels: Channel[] = [];

  static async start(): Promise<FaultyDiscord> {
    return new FaultyDiscord(await DiscordServer.start());
  }

  private constructor(server: DiscordServer) {
    this.server = server;
    this.env = { CRIA_DISCORD_TOKEN: server.token, CRIA_DISCORD_API_URL: server.apiUrl };
    this.#guild = server.createGuild().guild;
    this.#ann = server.addPerson("Ann", this.#guild);
  }

  ask(count: number): void {
    for (let index = 0; index < count; index++) {
      const channel = this.server.createChannel(this.#guild, `channel-${this.#channels.length}`);
      this.#channels.push(channel);
      this.#ann.mention(channel, "talk");
    }
  }

  endedReplies(): readonly (readonly EndedReply[])[] {
    return this.#channels.map((channel) =>
      this.server
        .botMessages(channel)
        .map(({ json }) => ({ id: json.id, shown: JSON.stringify([json.content, json.embeds, json.components]) }))
        .filter(({ shown }) => /regenerate:|⚠️/.test(shown)),
    );
  }

  async close(): Promise<void> {
    await this.server.close();
  }
}
