import { useEffect, useState } from "preact/hooks";
import type { Completion } from "../../../wire.ts";
import { api } from "../../state/api.ts";

/** What can be completed, and the text it was found for: the text may have moved on since. */
export interface Completions {
  readonly forText: string;
  readonly choices: readonly Completion[];
}

/** What the composer offers for its text: commands after `/`, the bot after `@`. */
export function useCompletions(text: string, channelId: string, isDirect: boolean): Completions {
  const [completions, setCompletions] = useState<Completions>({ forText: "", choices: [] });
  useEffect(() => {
    if (!text.startsWith("/") || text.includes("\n")) {
      setCompletions({ forText: text, choices: isDirect ? [] : mentionCompletions(text) });
      return;
    }
    const abort = new AbortController();
    api.completions(channelId, text, abort.signal).then(
      (choices) => setCompletions({ forText: text, choices }),
      () => undefined,
    );
    return () => abort.abort();
  }, [text, channelId, isDirect]);
  return completions;
}

/** The bot's mention, where the last word has begun to be one. */
export function mentionCompletions(text: string): readonly Completion[] {
  const match = /(^|\s)@([a-z]*)$/i.exec(text);
  if (match === null || !"cria".startsWith(match[2]!.toLowerCase())) return [];
  const before = text.slice(0, text.length - match[2]!.length - 1);
  return [{ text: `${before}@cria `, label: "@cria", description: "asks the assistant" }];
}
