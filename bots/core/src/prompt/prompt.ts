import type { Model, PromptSegment } from "@cria/proto";
import type { ContextMode } from "../port/command.ts";
import type { Speaker } from "../port/place.ts";
import { splitThoughts, thoughtBegun } from "../text/thoughts.ts";
import { alpacaPrompt } from "./alpaca.ts";
import { chatTemplatePrompt } from "./chat-template.ts";
import { completionPrompt } from "./completion.ts";
import type { Conversation, UserMessage } from "./conversation.ts";
import { fewShotPrompt } from "./few-shot.ts";
import { fixed, literal, type PromptPart, toSegments } from "./segments.ts";
import { type Spoken, withSpeakers } from "./speakers.ts";

/**
 * Most UTF-16 code units of remembered rounds in a prompt; older rounds stay out. Keeps a request under the 4 MiB the
 * service takes, whatever the window: a code unit is at most 3 bytes of UTF-8.
 */
const MAX_HISTORY_LENGTH = 1_000_000;

/** What Generate needs of a conversation. */
export interface Prompt {
  readonly segments: PromptSegment[];
  /** Strings that end the reply, beside the model's own. */
  readonly stop: string[];
}

/** What a prompt shows of a remembered round. */
export interface PromptRound extends UserMessage {
  /** Name of who asked. */
  readonly author: string;
  readonly authorId?: string | undefined;
  /** Who speaks in the context. */
  readonly contextSpeakers?: readonly Speaker[] | undefined;
  readonly assistant: string;
}

/** What is said now, and what was said before. */
export interface PromptOptions {
  /** Persona; "" for none. */
  readonly system: string;
  readonly contextMode: ContextMode;
  /** Remembered rounds, oldest first. */
  readonly rounds: readonly PromptRound[];
  readonly text: string;
  /** Who says it; then the names of all stand before what they said, as where several talk. Default: no names. */
  readonly author?: Speaker | undefined;
  /** A quoted message or an attached file's text. */
  readonly context?: string | undefined;
  /** Who speaks in the context. */
  readonly contextSpeakers?: readonly Speaker[];
  /** How the reply begins, for the model to go on with. Default "". */
  readonly begun?: string;
}

/** The prompt in the model's own format. Pure. Throws a `BotError` when the model's chat template cannot be rendered. */
export function renderPrompt(model: Model, options: PromptOptions): Prompt {
  const { parts, stop } = promptParts(model, toConversation(options));
  const begun = splitThoughts(options.begun ?? "").text;
  return { segments: toSegments([...parts, ...begunParts(model, begun, parts)]), stop };
}

function toConversation(options: PromptOptions): Conversation {
  const { system, contextMode, text, context, author, contextSpeakers: others = [] } = options;
  const rounds = contextMode === "off" ? [] : newestRounds(options.rounds.flatMap(withoutThoughts));
  const users = author
    ? spokenTexts(rounds, { text, speaker: author, others })
    : [...rounds.map(({ user }) => user), text];
  return {
    system: system.trim(),
    rounds: rounds.map((round, index) => ({ user: users[index]!, context: round.context, assistant: round.assistant })),
    message: { user: users.at(-1)!, context },
    isMerged: contextMode === "merged",
  };
}

/** What a model thought is never shown to one again; a round that came no further than thoughts has no answer. */
function withoutThoughts(round: PromptRound): readonly PromptRound[] {
  const assistant = splitThoughts(round.assistant).text;
  return assistant.trim() === "" ? [] : [{ ...round, assistant }];
}

function spokenTexts(rounds: readonly PromptRound[], message: Spoken) {
  const before = rounds.map(({ author: name, authorId: id, user: text, contextSpeakers: others = [] }) => {
    return { speaker: { id, name }, text, others };
  });
  return withSpeakers([...before, message]);
}

/** Where a format's prompt ends without blank space, the reply began with some. Where it begins a thought, that is over. */
function begunParts({ promptFormat }: Model, begun: string, before: readonly PromptPart[]): readonly PromptPart[] {
  if (begun === "") return [];
  const format = promptFormat?.format;
  const isWordNext = format?.$case === "fewShot" || format?.$case === "completion" || format === undefined;
  const opened = thoughtBegun(before.at(-1)?.text ?? "");
  const thought = opened ? [fixed(`\n${opened.closing}\n\n`)] : [];
  return [...thought, literal(isWordNext ? ` ${begun}` : begun)];
}

function promptParts(model: Model, conversation: Conversation) {
  const format = model.promptFormat?.format;
  switch (format?.$case) {
    case "alpaca":
      return alpacaPrompt(format.value, conversation);
    case "fewShot":
      return fewShotPrompt(format.value, conversation);
    case "chatTemplate":
      return chatTemplatePrompt({ ...model, template: format.value.template }, conversation);
    case "completion":
    case undefined:
      return completionPrompt(conversation);
  }
}

function newestRounds(rounds: readonly PromptRound[]): readonly PromptRound[] {
  let length = 0;
  const tooOld = rounds.findLastIndex(({ user, context = "", assistant }) => {
    length += user.length + context.length + assistant.length;
    return length > MAX_HISTORY_LENGTH;
  });
  return rounds.slice(tooOld + 1);
}
