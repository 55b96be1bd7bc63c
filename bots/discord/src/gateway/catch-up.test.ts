import { type Client, Collection, type Message, SnowflakeUtil } from "discord.js";
import { pino } from "pino";
import { describe, expect, it, vi } from "vitest";
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
  const logs: string[] = [];
  const outage = { isOver: true };
  const fetch = async ({ after }: { readonly after: string }) => {
    if (!outage.isOver) throw new Error("502");
    return new Collection(messages.filter(({ id }) => BigInt(id) > BigInt(after)).map((one) => [one.id, one]));
  };
  const channel = {
    isTextBased: () => true,
    isDMBased: () => false,
    guild: { shardId: 0 },
    lastMessageId: messages.at(-1)!.id,
    messages: { fetch },
  };
  const client = { user: { id: "bot" }, channels: { cache: new Collection([["channel", channel]]) } };
  const catchUp = new CatchUp({
    client: client as unknown as Client<true>,
    logger: pino({ level: "warn" }, { write: (line) => void logs.push(line) }),
    clock: new DiscordClock(),
    directChannels: async () => [],
    signal: new AbortController().signal,
  });
  return { catchUp, outage, logs };
}

async function missed(catchUp: CatchUp, shardId = 0): Promise<readonly Message[]> {
  const found: Message[] = [];
  await catchUp.missed(shardId, (message) => void found.push(message));
  return found;
}

describe("CatchUp", () => {
  const [before, between, live] = [message(1), message(2), message(3)];

  it("finds what came before the first message of a new session", async () => {
    const { catchUp } = createCatchUp(before, between, live);
    catchUp.saw(before);
    catchUp.onBreak(0);
    catchUp.saw(live);
    catchUp.onBreak(0);
    expect(await missed(catchUp)).toEqual([between, live]);
  });

  it("reads on from where a session that was resumed had come", async () => {
    const { catchUp } = createCatchUp(before, between, live);
    catchUp.saw(before);
    catchUp.onBreak(0);
    catchUp.saw(between);
    catchUp.onResume(0);
    catchUp.onBreak(0);
    expect(await missed(catchUp)).toEqual([live]);
  });

  it("reads the last two minutes at the start, and no other shard's channels", async () => {
    const { catchUp } = createCatchUp(message(-600), before);
    expect(await missed(catchUp, 1)).toEqual([]);
    expect(await missed(catchUp)).toEqual([before]);
  });

  it("reads again what could not be read, for about a minute, and then says so", async () => {
    vi.useFakeTimers();
    const { catchUp, outage, logs } = createCatchUp(before);
    outage.isOver = false;
    const found = missed(catchUp);
    await vi.advanceTimersByTimeAsync(10_000);
    outage.isOver = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await found).toEqual([before]);
    expect(logs).toEqual([]);
    outage.isOver = false;
    const given = missed(catchUp);
    await vi.advanceTimersByTimeAsync(70_000);
    expect(await given).toEqual([]);
    expect(logs).toEqual([expect.stringContaining("cannot be read")]);
    vi.useRealTimers();
  });
});
