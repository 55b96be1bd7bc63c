import type { Model } from "@cria/proto";
import { contextOf, type FileTexts } from "../admission/attachments.ts";
import type { About } from "../admission/question.ts";
import { conversationKey } from "../conversation/conversation-key.ts";
import type { Round } from "../conversation/rounds.ts";
import { resolveSettings } from "../conversation/settings.ts";
import { slideWindow } from "../conversation/window.ts";
import type { EarlierMessage, IncomingMessage, Quote } from "../port/message.ts";
import type { Place, Speaker } from "../port/place.ts";
import type { ConversationSettings } from "../port/settings.ts";
import { defuse } from "../prompt/defuse.ts";
import { quotesContext } from "../prompt/quotes.ts";
import { titlesOf } from "../prompt/speakers.ts";
import { threadContext } from "../prompt/thread-context.ts";
import type { AnswerMemory } from "./answer-memory.ts";
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

/** A question, and what it stands before. */
export interface AboutOptions {
  readonly message: IncomingMessage;
  readonly memory: Pick<AnswerMemory, "asker" | "before">;
  readonly background: Background;
}

/** What a question is about: the thread before it, and what is quoted or in its files; nobody's words in it begin like another's. */
export function aboutOf(files: FileTexts, options: AboutOptions): About {
  const { message, background } = options;
  const before = unseen(message.before ?? [], background);
  const quotes = shownQuotes(message, background);
  // For a message alone, as most are, nobody's name is looked for.
  if (before.length + quotes.length + files.own.length + files.beside.length === 0) return { text: "", speakers: [] };
  const known = speakersOf(options);
  const inThread = before.map(({ author: name, authorId: id }) => ({ id, name }));
  const quoted = quotes.flatMap(({ author }) => author ?? []);
  const titles = titlesOf([...known, ...inThread, ...quoted]);
  const texts = { own: defuse(files.own, titles), beside: defuse(files.beside, titles) };
  const context = contextOf(texts, quotesContext(quotes, [...known, ...inThread]), message);
  const parts = [threadContext(before, known), context].filter((text) => text !== "");
  return { text: parts.join("\n\n"), speakers: [...inThread, ...quoted] };
}

/** What is quoted and the prompt does not show anyway, without names where the channel does not want them. */
function shownQuotes(message: IncomingMessage, background: Background): readonly Quote[] {
  const quotes = [...forgottenAnswer(message, background), ...(message.quotes ?? [])];
  const written = quotes.filter(({ text }) => text.trim() !== "");
  return (background.settings.showsNames ?? true) ? written : written.map(({ text }) => ({ text }));
}

/** Where two talk, it is plain who does. */
export function showsNames({ showsNames = true }: ConversationSettings, { isDirect }: Place): boolean {
  return showsNames && !isDirect;
}

/** Whose names the prompt shows, in its order. */
function speakersOf({ message, memory, background }: AboutOptions): readonly Speaker[] {
  if (!showsNames(background.settings, message.place)) return [];
  const before = memory.before(shownRounds(background));
  const spoken = before.flatMap(({ author: name, authorId: id, contextSpeakers = [] }) => [
    { id, name },
    ...contextSpeakers,
  ]);
  return [...spoken, memory.asker];
}

/** What the prompt shows of memory, and since when. */
type Shown = Pick<Background, "settings" | "rounds" | "generation">;

/** The rounds that the prompt shows. */
const shownRounds = ({ settings, rounds }: Shown): readonly Round[] => (settings.contextMode === "off" ? [] : rounds);

/** The answer that is replied to, where the prompt does not show it anyway; else none. */
export function forgottenAnswer({ quotedAnswer }: IncomingMessage, shown: Shown): readonly Quote[] {
  const isKnown = shownRounds(shown).some(({ messageId }) => messageId === quotedAnswer?.messageId);
  return quotedAnswer === undefined || isKnown ? [] : [quotedAnswer];
}

/**
 * Of the messages of a thread those that were not answered, and came after the last round that the prompt shows, as the others
 * were said when they were new, and after the last reset.
 */
export function unseen(before: readonly EarlierMessage[], shown: Shown): readonly EarlierMessage[] {
  const isOf = (rounds: readonly Round[]) => (message: EarlierMessage) =>
    rounds.some(({ messageId }) => messageId === message.messageId);
  const isAnswered = isOf(shown.rounds);
  const resetAtMs = Number(shown.generation);
  return before
    .slice(before.findLastIndex(isOf(shownRounds(shown))) + 1)
    .filter((message) => !isAnswered(message) && (message.atMs ?? Infinity) > resetAtMs);
}
