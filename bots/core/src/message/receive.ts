import type { Delivery, NewEntry } from "../conversation/inbox.ts";
import type { ReceivedEvent } from "../port/message.ts";
import { newReplyId, RunningReply } from "../reply/running-replies.ts";
import { askForModels } from "./background.ts";
import type { Core } from "./core.ts";
import { Pending } from "./pending.ts";

/** What is done about an event that is claimed. */
export type PendingWork = (pending: Pending) => Promise<void>;

/** Claims an event before anything is looked up, and does the work; nothing where another process has it. Never rejects. */
export async function receive(core: Core, event: ReceivedEvent, work: PendingWork): Promise<void> {
  const entry: NewEntry = { ...event, kind: "message", replyId: newReplyId() };
  const running = new RunningReply(entry);
  // What becomes of the message while it is claimed is heard.
  await core.running.during([running], async () => {
    const pending = await claim(core, entry, running);
    if (pending) await tellOfFailure(core, event, () => settle(pending, work));
  });
}

/** Does the work for a claimed entry, known to signals until it has ended. Rejects as the work does. */
export async function runPending(core: Core, pending: Pending, work: PendingWork): Promise<void> {
  await core.running.during([pending.running], () => settle(pending, work));
}

async function settle(pending: Pending, work: PendingWork): Promise<void> {
  try {
    await work(pending);
  } catch (error) {
    await pending.fail();
    throw error;
  }
  await pending.close();
}

/** The log of an event whose answer the platform did not take. */
export async function tellOfFailure(core: Core, { eventId }: { readonly eventId: string }, work: () => Promise<void>) {
  try {
    await work();
  } catch (error) {
    core.logger.error({ err: error, eventId }, "the platform did not take a reply");
  }
}

/** Undefined where another process has it. A store that cannot be reached is told of in the reply. */
async function claim(core: Core, entry: NewEntry, running: RunningReply): Promise<Pending | undefined> {
  const models = askForModels(core);
  try {
    const delivery = await core.stores.inbox.claim(entry);
    return delivery && new Pending(core, delivery, { running, models });
  } catch (failure) {
    return new Pending(core, unclaimed(entry), { running, failure });
  }
}

/** Of an entry that the store does not know: nobody else will. Its place in the queue is by this process's clock. */
function unclaimed(entry: NewEntry): Delivery {
  return {
    entry,
    state: {},
    id: `${Date.now()}-0`,
    ageMs: 0,
    count: 1,
    gone: new AbortController().signal,
    isHeld: true,
    owns: async () => "mine",
    keep: () => undefined,
    end: async () => undefined,
    release: async () => undefined,
    abandon: async () => undefined,
  };
}
