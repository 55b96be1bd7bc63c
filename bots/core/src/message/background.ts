import type { Model } from "@cria/proto";
import { conversationKey } from "../conversation/conversation-key.ts";
import type { Round } from "../conversation/rounds.ts";
import { resolveSettings } from "../conversation/settings.ts";
import { slideWindow } from "../conversation/window.ts";
import type { Place } from "../port/place.ts";
import type { ConversationSettings } from "../port/settings.ts";
import type { Core } from "./core.ts";

/** What a question stands before: what is set, what was said, and who can answer. */
export interface Background {
  readonly settings: ConversationSettings;
  /** Rounds kept, k. */
  readonly window: number;
  /** The rounds of the window, oldest first. */
  readonly rounds: readonly Round[];
  /** As `Remembered.generation`. */
  readonly generation: string;
  /** Asked for together with the rest, so that nobody waits for one after the other. */
  readonly models: Promise<readonly Model[]>;
}

/** The models there are, asked for ahead; that they cannot be had is told where they are needed. */
export function askForModels({ inference }: Core): Promise<readonly Model[]> {
  const models = inference.listModels();
  models.catch(() => undefined);
  return models;
}

/** Reads all at once. Rejects where the store cannot be reached. */
export async function readBackground(core: Core, place: Place, models = askForModels(core)): Promise<Background> {
  const { stores } = core;
  const [settings, { rounds, generation }] = await Promise.all([
    resolveSettings(stores.settings, place),
    stores.rounds.begin(conversationKey(place)),
  ]);
  const window = settings.window ?? core.window;
  return { settings, window, rounds: slideWindow(rounds, window), generation, models };
}
