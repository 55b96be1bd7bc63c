import type { Stores } from "../conversation/stores.ts";
import type { InferenceClient } from "../inference/inference-client.ts";
import type { SettingsScope } from "../port/command.ts";
import type { Place } from "../port/place.ts";
import type { PlatformWords } from "../port/words.ts";
import type { FeedbackStore } from "../records/feedback.ts";

/** What commands work on. */
export interface CommandContext {
  readonly stores: Stores;
  readonly inference: InferenceClient;
  /** Rounds kept where nobody set another number. */
  readonly window: number;
  /** Persona of chat models without one of their own. */
  readonly persona: string;
  /** Undefined where ratings cannot be kept. */
  readonly feedback: FeedbackStore | undefined;
  readonly words: PlatformWords;
  readonly place: Place;
}

/** Where what was set holds, as people say it. */
export function scopeWords(scope: SettingsScope | undefined, words: PlatformWords): string {
  if (scope === undefined) return "here";
  return `in this ${scope === "workspace" ? words.workspace : scope}`;
}
