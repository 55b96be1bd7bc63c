import type { BotCore } from "../port/bot.ts";
import { type Access, accessRefusal } from "./access.ts";
import { commandRefusal } from "./command-access.ts";

type Asked = Parameters<BotCore["refusal"]>[0];

/** Why this person may not talk to the bot here, or may not run this command, in one sentence; undefined where they may. */
export function refusal(access: Access, { place, author, command }: Asked): string | undefined {
  return accessRefusal(access, place, author) ?? (command && commandRefusal(access, { author, command }));
}
