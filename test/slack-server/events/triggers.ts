import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { SlackRefusal } from "../api/slack-error.ts";

const LIFETIME_MS = 3_000;

/** Trigger ids: each opens one modal, within three seconds. */
export class Triggers {
  readonly #clock: Clock;
  readonly #issuedAtMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(): string {
    const id = randomUUID();
    this.#issuedAtMs.set(id, this.#clock.now());
    return id;
  }

  redeem(id: string): void {
    const issuedAtMs = this.#issuedAtMs.get(id);
    if (issuedAtMs === undefined) throw new SlackRefusal("invalid_trigger_id");
    this.#issuedAtMs.set(id, Number.NEGATIVE_INFINITY);
    if (issuedAtMs === Number.NEGATIVE_INFINITY) throw new SlackRefusal("exchanged_trigger_id");
    if (this.#clock.now() - issuedAtMs > LIFETIME_MS) throw new SlackRefusal("expired_trigger_id");
  }
}
