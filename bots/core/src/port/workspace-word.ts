import type { Place } from "./place.ts";

const WORDS: Readonly<Record<string, string>> = { discord: "server" };

/** What people of a platform call a workspace. */
export const workspaceWord = ({ platform }: Pick<Place, "platform">) => WORDS[platform] ?? "workspace";
