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

/** Of the first message, which the thread is about, where the others leave no more room for it. */
const FIRST_LENGTH = Math.floor(MAX_THREAD_LENGTH / 3);

/**
 * A thread's messages before a question, oldest first, as a part of what the question is about; "" for none. The first is kept,
 * cut where it must be, and of the others the newest, as far as there is room. Nobody's words begin like another's, and each
 * has the name that they have in the prompt: those who speak there come first.
 */
export function threadContext(before: readonly ThreadMessage[], speakers: readonly Speaker[] = []): string {
  const written = before.filter(({ text }) => text.trim() !== "");
  const all = [...speakers, ...written.map(({ author: name, authorId: id }) => ({ id, name }))];
  const names = nameSpeakers(all).slice(speakers.length);
  const titles = titlesOf(all);
  const lineOf = ({ text }: ThreadMessage, index: number) =>
    `${names[index]}: ${defuse(text.trim().slice(0, MAX_THREAD_LENGTH), titles)}`;
  return written.length === 0 ? "" : [TITLE, ...withinRoom(written, lineOf)].join("\n");
}

function withinRoom<T>(all: readonly T[], lineOf: (one: T, index: number) => string): readonly string[] {
  const first = lineOf(all[0]!, 0);
  const lines: string[] = [];
  let room = MAX_THREAD_LENGTH - Math.min(first.length, FIRST_LENGTH) - 1;
  for (let index = all.length - 1; index > 0; index--) {
    const line = lineOf(all[index]!, index);
    if (line.length > room && lines.length > 0) break;
    lines.unshift(shorten(line, room));
    room -= lines[0]!.length + 1;
  }
  return [shorten(first, Math.max(room, 0) + Math.min(first.length, FIRST_LENGTH)), ...lines];
}
