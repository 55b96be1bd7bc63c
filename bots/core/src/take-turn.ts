import type { AnswerOptions } from "./answer/answer-options.ts";
import type { ConversationStore } from "./conversation-store.ts";

/** Waits for a reply's turn in its conversation, in the queue in the order of arrival. Resolves to what ends the turn. */
export async function takeTurn(
  store: ConversationStore,
  { reply, running, arrival, restore }: Pick<AnswerOptions, "reply" | "running" | "arrival" | "restore">,
): Promise<() => Promise<void>> {
  await arrival.isNext;
  const turn = store.takeTurn(running.conversation, {
    signal: reply.signal,
    // Where Redis lost its data, nobody else can have the turn by right.
    onLost: async () => {
      if (await restore()) return true;
      running.lose();
      return false;
    },
    onWaiting: (ahead) => {
      arrival.pass();
      void reply.status({ type: "queued", ahead }).catch(() => undefined);
    },
  });
  return await turn.finally(arrival.pass);
}
