import { type Client, Collection, type Message, SnowflakeUtil } from "discord.js";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { CatchUp } from "./catch-up.ts";
import { DiscordClock } from "./discord-clock.ts";

const startMs = Date.now();
/** A message of a shard's guild, so many seconds after the start. */
const message = (second: number, shardId = 0) =>
  ({
    id: `${SnowflakeUtil.generate({ timestamp: startMs + 1_000 * second, increment: 0n })}`,
    guild: { shardId },
    author: { id: "ann" },
    reference: null,
  }) as unknown as Message;

/** Over one channel with these messages. */
function createCatchUp(...messages: readonly Message[]) {
  const fetch = async ({ after }: { readonly after: string }) =>
    new Collection(messages.filter(({ id }) => BigInt(id) > BigInt(after)).map((one) => [one.id, one]));
  const channel = {
    isTextBased: () => true,
    isDMBased: () => false,
    guild: { shardId: 0 },
    lastMessageId: messages.at(-1)!.id,
    messages: { fetch },
  };
  const client = { user: { id: "bot" }, channels: { cache: new Collection([["channel", channel]]) } };
  return new CatchUp({
    client: client as unknown as Client<true>,
    logger: pino({ level: "silent" }),
    clock: new DiscordClock(),
    directChannels: async () => [],
    signal: new AbortController().signal,
  });
}

async function missed(catchUp: CatchUp, shardId = 0): Promise<readonly Message[]> {
  const found: Message[] = [];
  await catchUp.missed(shardId, (message) => void found.push(message));
  return found;
}

describe("CatchUp", () => {
  const [before, between, live] = [message(1), message(2), message(3)];

  it("finds what came before the first message of a new session", async () => {
    const catchUp = createCatchUp(before, between, live);
    catchUp.saw(before);
    catchUp.onBreak(0);
    catchUp.saw(live);
    catchUp.onBreak(0);
    expect(await missed(catchUp)).toEqual([between, live]);
  });

  it("reads on from where a session that was resumed had come", async () => {
    const catchUp = createCatchUp(before, between, live);
    catchUp.saw(before);
    catchUp.onBreak(0);
    catchUp.saw(between);
    catchUp.onResume(0);
    catchUp.onBreak(0);
    expect(await missed(catchUp)).toEqual([live]);
  });

  it("reads the last two minutes at the start, and no other shard's channels", async () => {
    const catchUp = createCatchUp(message(-600), before);
    expect(await missed(catchUp, 1)).toEqual([]);
    expect(await missed(catchUp)).toEqual([before]);
  });
});
