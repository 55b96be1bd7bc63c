import type { Core } from "../message/core.ts";
import type { SettingsScope } from "../port/command.ts";
import type { Place } from "../port/place.ts";
import type { PlatformWords } from "../port/words.ts";

/** What commands work on. */
export interface CommandContext
  extends Pick<Core, "stores" | "inference" | "window" | "persona" | "feedback" | "words"> {
  readonly place: Place;
}

/** Where what was set holds, as people say it. */
export function scopeWords(scope: SettingsScope | undefined, words: PlatformWords): string {
  if (scope === undefined) return "here";
  return `in this ${scope === "workspace" ? words.workspace : scope}`;
}
