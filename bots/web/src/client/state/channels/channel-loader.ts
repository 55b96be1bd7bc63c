import { api, mayPass, sentenceOf } from "../api.ts";
import type { ChannelState } from "./channel-state.ts";

/** How long to wait before the server is asked again for what it could not give. */
export const RELOAD_DELAY_MS = 2_000;

export interface ChannelLoaderOptions {
  /** Whether a channel is the one that is shown. */
  isShown(channel: ChannelState): boolean;
  /** Tells why the shown channel could not be loaded; "": it could. */
  onFault(sentence: string): void;
}

/** Loads channels; asks again for the one that is shown where what failed may pass. */
export class ChannelLoader {
  readonly #options: ChannelLoaderOptions;
  #timer: number | undefined;

  constructor(options: ChannelLoaderOptions) {
    this.#options = options;
  }

  async load(channel: ChannelState, again = false): Promise<void> {
    if (channel.load.value !== "none" && !again) return;
    const isNewest = channel.startLoading();
    try {
      const snapshot = await api.channel(channel.id);
      if (!isNewest()) return;
      channel.loadSnapshot(snapshot);
      this.#options.onFault("");
    } catch (error) {
      if (isNewest()) this.#onNotLoaded(channel, error);
    }
  }

  #onNotLoaded(channel: ChannelState, error: unknown): void {
    channel.giveUpLoading();
    if (!this.#options.isShown(channel)) return;
    this.#options.onFault(sentenceOf(error));
    if (!mayPass(error)) return;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      if (this.#options.isShown(channel)) void this.load(channel);
    }, RELOAD_DELAY_MS);
  }
}
