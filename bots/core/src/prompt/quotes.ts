import type { Quote } from "../port/message.ts";
import type { Speaker } from "../port/place.ts";
import { defuse } from "./defuse.ts";
import { nameSpeakers, titlesOf } from "./speakers.ts";

/**
 * Quoted messages as a part of what a question is about; "" for none. Each that has an author begins with the name that they have
 * in the prompt, where `speakers` come first. Nobody's words begin like another's.
 */
export function quotesContext(quotes: readonly Quote[], speakers: readonly Speaker[]): string {
  const all = [...speakers, ...quotes.flatMap(({ author }) => author ?? [])];
  const names = nameSpeakers(all).slice(speakers.length).values();
  const titles = titlesOf(all);
  return quotes
    .map(({ author, text }) => (author ? `${names.next().value}: ` : "") + defuse(text.trim(), titles))
    .join("\n\n");
}
