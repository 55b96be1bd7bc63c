import { pino } from "pino";
import { createClient } from "redis";
import { expect, vi } from "vitest";
import { type BotCoreOptions, createBotCore } from "../bot-core.ts";
import type { Stores } from "../conversation/stores.ts";
import type { RecoverOptions } from "../port/bot.ts";
import { createRedisStores } from "../redis/redis-stores.ts";
import { FakeInferenceClient } from "./fake-inference-client.ts";
import { FakeReplyHandle } from "./fake-reply.ts";
import { createGate } from "./gate.ts";
import { startRedisServer } from "./redis-server.ts";
import { starting, testMessage, testPlace } from "./test-core.ts";

const logger = pino({ level: "silent" });
/** Long enough on a busy machine. */
export const WAIT = { timeout: 20_000 };
export const LEASE_MS = 400;
const WRITER = "web:local";

/** A bot process: its core, and what that works with. */
export type BotProcess = Awaited<ReturnType<Awaited<ReturnType<typeof startBotProcesses>>["open"]>>;

/** Bot processes of one writer on one Redis. */
export async function startBotProcesses(program: string) {
  const server = await startRedisServer(program);
  const admin = createClient({ url: server.url });
  admin.on("error", () => undefined);
  await admin.connect();
  const opened: Stores[] = [];
  const endings: (() => void)[] = [];

  const open = async (options: Partial<BotCoreOptions> = {}) => {
    const stores = await createRedisStores({ url: server.url, logger, roundsTtlMs: 60_000, leaseMs: LEASE_MS });
    opened.push(stores);
    const inference = new FakeInferenceClient();
    return { stores, inference, core: createBotCore({ stores, inference, logger, ...options }) };
  };
  type Process = Awaited<ReturnType<typeof open>>;

  /** Entries of which something is kept for whoever takes them over. */
  const numKept = async () => (await admin.keys("cria:*:entry:*")).length;
  const handles = async () =>
    await Promise.all((await admin.keys("cria:*:entry:*")).map((key) => admin.hGet(key, "handle")));

  /** A reply that its process will not end by itself. */
  const startWriting = async ({ core, inference }: Process, channelId = "general") => {
    const hold = createGate();
    inference.script({ chunks: ["Once", " upon a time."], hold: hold.opened });
    const reply = new FakeReplyHandle();
    reply.handle = "shown 17";
    const isWriting = createGate();
    reply.onAppend = isWriting.open;
    const message = testMessage("A story", { place: { ...testPlace, channelId } });
    const sent = core.handleMessage(message, starting(reply));
    await isWriting.opened;
    await vi.waitFor(async () => expect(await handles()).toContain('"shown 17"'), WAIT);
    return { reply, sent, hold, messageId: message.eventId };
  };

  /** Goes on with what others left, and tells of each reply that it began. */
  const recover = ({ core }: Process, options: Partial<RecoverOptions> = {}) => {
    const begun: { readonly handle: string | undefined; readonly reply: FakeReplyHandle }[] = [];
    const begin = (handle: string | undefined, id: string) => {
      const reply = new FakeReplyHandle();
      reply.id = id;
      begun.push({ handle, reply });
      return reply;
    };
    const end = core.recover({
      writer: WRITER,
      serves: () => true,
      work: async ({ event, handle, answer }) => await answer(JSON.parse(event.raw), async (id) => begin(handle, id)),
      hasEnded: async () => false,
      startReply: async ({ handle, replyId }) => begin(handle, replyId),
      ...options,
    });
    endings.push(end);
    return begun;
  };

  return {
    server,
    admin,
    open,
    /** The process is gone without a word: it renews nothing, and nothing it does is kept. */
    die: async ({ stores }: Process) => await stores.close(),
    startWriting,
    recover,
    numKept,
    ended: async (begun: ReturnType<typeof recover>, count = 1) =>
      await vi.waitFor(() => expect(begun.filter(({ reply }) => reply.ended)).toHaveLength(count), WAIT),
    numPending: async () => await admin.xLen(`cria:{${WRITER}}:inbox`),
    closeAll: async () => {
      for (const end of endings.splice(0)) end();
      for (const stores of opened.splice(0)) await stores.close();
    },
    close: async () => {
      admin.destroy();
      await server.close();
    },
  };
}
