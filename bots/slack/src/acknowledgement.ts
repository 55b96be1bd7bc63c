import type { App, Receiver, ReceiverEvent } from "@slack/bolt";

/** Slack delivers again what is not acknowledged within three seconds. */
const LIMIT_MS = 2_500;

/**
 * A receiver whose events of messages are not acknowledged before they are claimed: the library acknowledges each at once, and
 * one whose process ends right after would be lost. Listeners find `acknowledge` in their context; where none calls it, it is
 * called at the end, or when Slack would wait no longer.
 */
export function holdingAcknowledgements(receiver: Receiver): Receiver {
  return {
    init: (app) => receiver.init(holdingApp(app)),
    start: (...args) => receiver.start(...args),
    stop: (...args) => receiver.stop(...args),
  };
}

function holdingApp(app: App): App {
  const processEvent = async (event: ReceiverEvent) => {
    if (!isOfMessage(event.body)) return await app.processEvent(event);
    // One that does not get through is as good as none: Slack delivers the event again.
    const acknowledge = once(() => void event.ack().catch(() => undefined));
    const late = setTimeout(acknowledge, LIMIT_MS);
    const customProperties = { ...event.customProperties, acknowledge };
    try {
      await app.processEvent({ ...event, customProperties, ack: async () => {} });
    } finally {
      clearTimeout(late);
      acknowledge();
    }
  };
  return Object.create(app, { processEvent: { value: processEvent } });
}

function isOfMessage(body: ReceiverEvent["body"]): boolean {
  return ["message", "app_mention"].includes(body.event?.type);
}

function once(call: () => void): () => void {
  let isDue = true;
  return () => {
    if (isDue) call();
    isDue = false;
  };
}
