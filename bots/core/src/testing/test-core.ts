import type { Model } from "@cria/proto";
import { pino } from "pino";
import { type BotCoreOptions, createBotCore } from "../bot-core.ts";
import type { Round } from "../conversation/rounds.ts";
import type { Stores } from "../conversation/stores.ts";
import { createMemoryStores } from "../memory/memory-stores.ts";
import type { SentMessage } from "../port/message.ts";
import type { StartReply } from "../port/reply.ts";
import type { Exchange } from "../records/transcript.ts";
import { FakeInferenceClient } from "./fake-inference-client.ts";
import { fakeModel } from "./fake-model.ts";
import { FakeReplyHandle } from "./fake-reply.ts";

/** Where the test's messages are written, and the key of that conversation. */
export const testPlace = { platform: "web", workspaceId: "local", channelId: "general", isDirect: false };
export const testConversation = "web:local:general";

/** A model that converses, as `A talk.\n\nHuman: …\nAI:`. */
export const chatModel: Model = fakeModel({
  promptFormat: {
    format: { $case: "fewShot", value: { instruction: "A talk.", examples: [], humanTitle: "Human", aiTitle: "AI" } },
  },
});

/** A core on fakes and in-process memory, and a way to send it messages. */
export function createTestCore(models: readonly Model[] = [chatModel], options: Partial<BotCoreOptions> = {}) {
  const client = new FakeInferenceClient(models);
  const stores = createMemoryStores({ roundsTtlMs: 86_400_000 });
  const exchanges: Exchange[] = [];
  const transcript = { record: (exchange: Exchange) => void exchanges.push(exchange) };
  const core = createBotCore({ stores, inference: client, logger: pino({ level: "silent" }), transcript, ...options });
  const send = async (text: string, fields: Partial<SentMessage> = {}, reply = new FakeReplyHandle()) => {
    await core.handleMessage(testMessage(text, fields), starting(reply));
    return reply;
  };
  return { client, stores, exchanges, core, send };
}

/** Starts this reply. */
export function starting(reply: FakeReplyHandle): StartReply {
  return async (replyId, facts) => {
    reply.id = replyId;
    reply.facts = facts;
    return reply;
  };
}

let numMessages = 0;

/** A message with an event id of its own. */
export function testMessage(text: string, fields: Partial<SentMessage> = {}): SentMessage {
  const eventId = `event-${numMessages++}`;
  return { eventId, place: testPlace, author: { id: "u1", name: "Ann" }, text, ...fields };
}

/** The text of the prompt that was last sent. */
export function lastPrompt({ requests }: FakeInferenceClient): string {
  return (
    requests
      .at(-1)
      ?.prompt.map(({ text }) => text)
      .join("") ?? ""
  );
}

/** What is remembered of a conversation. */
export async function roundsOf(stores: Stores, conversation = testConversation): Promise<readonly Round[]> {
  return (await stores.rounds.read(conversation)).rounds;
}
