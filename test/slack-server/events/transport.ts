import type { Json } from "../world/blocks.ts";

/** What the app receives: an event, or something it has to answer at once. */
export interface Delivery {
  readonly kind: "events_api" | "interactive" | "slash_commands";
  readonly payload: Json;
  readonly retry?: { readonly attempt: number; readonly reason: string };
}

/** How deliveries reach the app. Resolves with what it acknowledged with; rejects with the reason when it did not. */
export interface Transport {
  deliver(delivery: Delivery): Promise<unknown>;
}

/** Of the app to acknowledge. */
export const ACK_TIMEOUT_MS = 3_000;
