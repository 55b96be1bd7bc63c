import type { Json } from "../world/blocks.ts";
import type { World } from "../world/world.ts";
import type { Delivery, Transport } from "./transport.ts";

/** When Slack tries an event again: at once, after a minute, after five more. */
const RETRY_DELAYS_MS = [0, 60_000, 300_000];
const HOUR_MS = 3_600_000;
/** Events an hour that a workspace may send; the rest is dropped. */
const MAX_EVENTS_AN_HOUR = 30_000;

/** An event and what became of it. */
export interface SentEvent {
  readonly id: string;
  readonly event: Json;
  readonly atMs: number;
  attempts: number;
  isAcknowledged: boolean;
}

/** Hands the app its events, again when it does not acknowledge them. */
export class Deliveries {
  readonly sent: SentEvent[] = [];
  readonly #world: World;
  readonly #transport: Transport;
  readonly #subscribed: ReadonlySet<string>;
  readonly #onChange: () => void;

  constructor(world: World, transport: Transport, subscribed: readonly string[], onChange: () => void) {
    this.#world = world;
    this.#transport = transport;
    this.#subscribed = new Set(subscribed);
    this.#onChange = onChange;
  }

  /** Sends an event, if the app is subscribed to it. */
  emit(event: Json): SentEvent | undefined {
    if (!this.#subscribed.has(subscriptionOf(event))) return undefined;
    const now = this.#world.clock.now();
    const anHourOf = this.sent.at(-MAX_EVENTS_AN_HOUR);
    if (anHourOf && anHourOf.atMs > now - HOUR_MS) return undefined;
    const sent = { id: this.#world.id("Ev"), event, atMs: now, attempts: 0, isAcknowledged: false };
    this.sent.push(sent);
    void this.#attempt(sent, "");
    return sent;
  }

  /** Sends an event again, acknowledged or not, as Slack does when an acknowledgement was lost. */
  async redeliver(sent: SentEvent): Promise<void> {
    await this.#attempt(sent, "timeout");
  }

  /** Sends something the app must answer at once. Undefined when it did not in time. */
  async request(delivery: Delivery): Promise<unknown> {
    try {
      return (await this.#transport.deliver(delivery)) ?? {};
    } catch (error) {
      this.#world.violations.push(`${delivery.kind} was not answered: ${(error as Error).message}`);
      return undefined;
    } finally {
      this.#onChange();
    }
  }

  async #attempt(sent: SentEvent, reason: string): Promise<void> {
    const attempt = sent.attempts++;
    const retry = attempt > 0 && { retry: { attempt, reason } };
    try {
      await this.#transport.deliver({ kind: "events_api", payload: this.#callback(sent), ...retry });
      sent.isAcknowledged = true;
    } catch (error) {
      const delay = RETRY_DELAYS_MS[attempt];
      const again = () => void this.#attempt(sent, (error as Error).message);
      if (delay !== undefined && !sent.isAcknowledged) this.#world.clock.schedule(delay, again);
    } finally {
      this.#onChange();
    }
  }

  #callback({ id, event }: SentEvent): Json {
    const { team, appId, botUser, clock } = this.#world;
    const authorization = { enterprise_id: null, team_id: team.id, user_id: botUser, is_bot: true };
    return {
      token: "verification",
      team_id: team.id,
      api_app_id: appId,
      event,
      type: "event_callback",
      event_id: id,
      event_time: Math.floor(clock.now() / 1_000),
      authorizations: [{ ...authorization, is_enterprise_install: false }],
      is_ext_shared_channel: false,
    };
  }
}

/** The subscription that brings an event, as "message.im". */
function subscriptionOf({ type, channel_type }: Json): string {
  if (type !== "message") return String(type);
  return (
    { im: "message.im", group: "message.groups", mpim: "message.mpim" }[String(channel_type)] ?? "message.channels"
  );
}
