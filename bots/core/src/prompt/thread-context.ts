import type { Speaker } from "../port/place.ts";
import { shorten } from "../text/shorten.ts";
import { defuse } from "./defuse.ts";
import { nameSpeakers, titlesOf } from "./speakers.ts";

/**
 * Most UTF-16 code units of a thread's earlier messages in a prompt. They stand with the question, which is never dropped:
 * some 1,000 tokens leave room for a reply in the smallest contexts in use, of 2,048.
 */
export const MAX_THREAD_LENGTH = 4_000;

const TITLE = "Earlier in this thread:";

/** A message that somebody sent to a thread. */
interface ThreadMessage {
  /** Name of who wrote it. */
  readonly author: string;
  readonly authorId?: string | undefined;
  readonly text: string;
}

/**
 * A thread's messages before a question, oldest first, as a part of what the question is about; "" for none. The newest are
 * kept as far as there is room. Nobody's words begin like another's, and each has the name that they have in the prompt: those
 * who speak there come first.
 */
export function threadContext(before: readonly ThreadMessage[], speakers: readonly Speaker[] = []): string {
  const written = before.filter(({ text }) => text.trim() !== "");
  const all = [...speakers, ...written.map(({ author: name, authorId: id }) => ({ id, name }))];
  const names = nameSpeakers(all).slice(speakers.length);
  const titles = titlesOf(all);
  const lines: string[] = [];
  let room = MAX_THREAD_LENGTH;
  for (const [index, { text }] of [...written.entries()].reverse()) {
    const line = `${names[index]}: ${defuse(text.trim().slice(0, room), titles)}`;
    if (line.length > room && lines.length > 0) break;
    lines.unshift(shorten(line, room));
    room -= line.length + 1;
  }
  return lines.length === 0 ? "" : [TITLE, ...lines].join("\n");
}
