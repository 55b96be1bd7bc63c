import type { ConversationStore } from "../conversation/conversation-store.ts";
import type { AnswerOptions } from "./answer-options.ts";

/** Waits for a reply's turn in its conversation, in the queue in the order of arrival. Resolves to what ends the turn. */
export async function takeTurn(
  store: ConversationStore,
  { reply, running, arrival, reclaim }: Pick<AnswerOptions, "reply" | "running" | "arrival" | "reclaim">,
): Promise<() => Promise<void>> {
  await arrival.isNext;
  const turn = store.takeTurn(running.conversation, {
    signal: reply.signal,
    reclaim,
    onLost: () => running.lose(),
    onWaiting: (ahead) => {
      arrival.pass();
      void reply.status({ type: "queued", ahead }).catch(() => undefined);
    },
  });
  return await turn.finally(arrival.pass);
}
