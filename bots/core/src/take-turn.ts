import type { Arrival } from "./arrivals.ts";
import type { RunningReply } from "./buttons/running-replies.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { Reply } from "./platform.ts";

/** Waits for a reply's turn in its conversation, in the queue in the order of arrival. Resolves to what ends the turn. */
export async function takeTurn(
  store: ConversationStore,
  { reply, running, arrival }: { readonly reply: Reply; readonly running: RunningReply; readonly arrival: Arrival },
): Promise<() => Promise<void>> {
  await arrival.isNext;
  const turn = store.takeTurn(running.conversation, {
    signal: reply.signal,
    onLost: () => running.lose(),
    onWaiting: (ahead) => {
      arrival.pass();
      void reply.status({ type: "queued", ahead }).catch(() => undefined);
    },
  });
  return await turn.finally(arrival.pass);
}
