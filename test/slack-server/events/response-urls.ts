import { randomUUID } from "node:crypto";
import { SlackRefusal } from "../api/slack-error.ts";
import { checkMessageBlocks, type Json } from "../world/blocks.ts";
import { cutPost } from "../world/limits.ts";
import type { Message, World } from "../world/world.ts";

const LIFETIME_MS = 30 * 60_000;
const MAX_USES = 5;

/** Where what comes by a response URL appears. */
export interface ResponsePlace {
  readonly channel: string;
  readonly user: string;
  readonly threadTs?: string | undefined;
  /** The message whose button was pressed. */
  readonly message?: Message;
}

/** Response URLs: five uses in thirty minutes. */
export class ResponseUrls {
  readonly #world: World;
  readonly #baseUrl: () => string;
  readonly #issued = new Map<string, { readonly place: ResponsePlace; readonly atMs: number; uses: number }>();

  constructor(world: World, baseUrl: () => string) {
    this.#world = world;
    this.#baseUrl = baseUrl;
  }

  issue(place: ResponsePlace): string {
    const id = randomUUID();
    this.#issued.set(id, { place, atMs: this.#world.clock.now(), uses: 0 });
    return `${this.#baseUrl()}/response/${id}`;
  }

  /** Takes what was posted to a response URL; returns the HTTP status and what Slack says. */
  post(id: string, body: Json): { readonly status: number; readonly text: string } {
    const issued = this.#issued.get(id);
    if (!issued) return { status: 404, text: "invalid_response_url" };
    if (this.#world.clock.now() - issued.atMs > LIFETIME_MS) return { status: 404, text: "expired_url" };
    if (issued.uses++ >= MAX_USES) return { status: 404, text: "used_url" };
    try {
      this.show(issued.place, body);
      return { status: 200, text: "ok" };
    } catch (error) {
      if (error instanceof SlackRefusal) return { status: 400, text: error.code };
      throw error;
    }
  }

  /** Shows an answer: to the person alone, unless it says `in_channel`. */
  show(place: ResponsePlace, body: Json): void {
    const blocks = body.blocks === undefined ? [] : checkMessageBlocks(body.blocks);
    const text = cutPost(String(body.text ?? ""));
    if (body.delete_original && place.message) {
      place.message.isDeleted = true;
      return;
    }
    if (body.replace_original && place.message) return void Object.assign(place.message, { text, blocks });
    if (text === "" && blocks.length === 0) throw new SlackRefusal("no_text");
    const ephemeralTo = body.response_type === "in_channel" ? undefined : place.user;
    const threadTs = body.thread_ts === undefined ? place.threadTs : String(body.thread_ts);
    this.#world.add({ channel: place.channel, user: this.#world.botUser, text, blocks, ephemeralTo, threadTs });
  }
}
