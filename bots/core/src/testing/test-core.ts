import type { Model } from "@cria/proto";
import { pino } from "pino";
import { type BotCoreOptions, createBotCore } from "../bot-core.ts";
import { createMemoryConversationStore } from "../memory/memory-conversation-store.ts";
import type { IncomingMessage } from "../port/message.ts";
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
  const store = createMemoryConversationStore({ turnsTtlMs: 86_400_000 });
  const exchanges: Exchange[] = [];
  const transcript = { record: (exchange: Exchange) => void exchanges.push(exchange) };
  const core = createBotCore({ store, inference: client, logger: pino({ level: "silent" }), transcript, ...options });
  const send = async (text: string, fields: Partial<IncomingMessage> = {}, reply = new FakeReplyHandle()) => {
    await core.handleMessage(testMessage(text, fields), starting(reply));
    return reply;
  };
  return { client, store, exchanges, core, send };
}

/** Starts this reply. */
export function starting(reply: FakeReplyHandle): StartReply {
  return async (replyId) => {
    reply.id = replyId;
    return reply;
  };
}

let numMessages = 0;

/** A message with an event id of its own. */
export function testMessage(text: string, fields: Partial<IncomingMessage> = {}): IncomingMessage {
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
