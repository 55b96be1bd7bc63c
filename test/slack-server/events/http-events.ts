import { createHmac } from "node:crypto";
import type { World } from "../world/world.ts";
import { ACK_TIMEOUT_MS, type Delivery, type Transport } from "./transport.ts";

/** A signed request, as it was sent; tests send it again, late or changed. */
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Events by HTTP: signed requests to the app's request URL, answered within three seconds. */
export class HttpEvents implements Transport {
  readonly #world: World;
  readonly #url: string;
  readonly #signingSecret: string;
  /** Every request, in order. */
  readonly sent: SignedRequest[] = [];

  constructor(world: World, url: string, signingSecret: string) {
    this.#world = world;
    this.#url = url;
    this.#signingSecret = signingSecret;
  }

  async deliver(delivery: Delivery): Promise<unknown> {
    const request = this.sign(delivery);
    this.sent.push(request);
    const timeout = new AbortController();
    const stop = this.#world.clock.schedule(ACK_TIMEOUT_MS, () => timeout.abort());
    try {
      const response = await fetch(this.#url, { method: "POST", ...request, signal: timeout.signal });
      const answer = await response.text();
      if (!response.ok) throw new Error("http_error");
      return answer.startsWith("{") ? JSON.parse(answer) : answer === "" ? undefined : { text: answer };
    } catch (error) {
      if (timeout.signal.aborted) throw new Error("http_timeout");
      throw error instanceof TypeError ? new Error("connection_failed") : error;
    } finally {
      stop();
    }
  }

  /** The request of a delivery; `atSeconds` is when it claims to have been signed. */
  sign({ kind, payload, retry }: Delivery, atSeconds = Math.floor(this.#world.clock.now() / 1_000)): SignedRequest {
    const body = encodeBody(kind, payload);
    const hash = createHmac("sha256", this.#signingSecret).update(`v0:${atSeconds}:${body}`).digest("hex");
    const headers = {
      "content-type": kind === "events_api" ? "application/json" : "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": String(atSeconds),
      "x-slack-signature": `v0=${hash}`,
      ...(retry && { "x-slack-retry-num": String(retry.attempt), "x-slack-retry-reason": retry.reason }),
    };
    return { headers, body };
  }
}

function encodeBody(kind: Delivery["kind"], payload: Delivery["payload"]): string {
  if (kind === "events_api") return JSON.stringify(payload);
  if (kind === "interactive") return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const fields = Object.entries(payload).map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams(fields).toString();
}
