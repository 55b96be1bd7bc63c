import { Template } from "@huggingface/jinja";
import { BotError } from "../port/bot-error.ts";
import { type Conversation, type PromptParts, withContext } from "./conversation.ts";
import { defuse } from "./defuse.ts";
import { fixed, literal, type PromptPart } from "./segments.ts";

/** What a model says of its template. */
interface ChatTemplate {
  readonly name: string;
  readonly template: string;
  readonly bosToken: string;
  readonly eosToken: string;
}

interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Stands for a content in the rendering: private-use characters, which no template trims, escapes or changes. */
const slot = (name: string) => `\uE000${name}\uE001`;
const SLOT = /\uE000([a-z]\d*)\uE001/;

/**
 * The model's own template. It is rendered over slots instead of contents, and the contents put in afterwards as literal
 * text: a template's markers stay control tokens, and nobody's text can become one. Lines like the template's markers are
 * defused too, since some templates mark roles by plain words.
 */
export function chatTemplatePrompt(model: ChatTemplate, conversation: Conversation): PromptParts {
  const render = renderer(model, conversation.system !== "");
  const markers = templateMarkers(render);
  const parts = roundParts(render, conversation.rounds.length);
  const contents = new Map([
    ["s", conversation.system],
    ["m", withContext(conversation.message)],
    ...conversation.rounds.flatMap((round, index) => [
      [`u${index}`, withContext(round)] as const,
      [`a${index}`, round.assistant] as const,
    ]),
  ]);
  const fill = (part: PromptPart) =>
    part.isLiteral ? literal(defuse(contents.get(part.text)!.trim(), markers), part.round) : part;
  return { parts: parts.map(fill), stop: [] };
}

/** Jinja2 takes every line end for `\n`, the library does not. */
const CR = /\r\n?/g;

/** Renders rounds `from` to `to` and the message, contents as slots. */
type Render = (from: number, to: number) => string;

function renderer({ name, template, bosToken, eosToken }: ChatTemplate, hasSystem: boolean): Render {
  const parsed = attempt(name, () => new Template(template.replace(CR, "\n")));
  const render = (messages: readonly ChatMessage[]) =>
    parsed.render({ messages, bos_token: bosToken, eos_token: eosToken, add_generation_prompt: true });
  const takesSystem = hasSystem && rendersSystem(render);
  return (from, to) => {
    const messages = chatMessages(from, to, hasSystem ? (takesSystem ? "message" : "inFirst") : "none");
    return attempt(name, () => render(messages));
  };
}

/** Some templates refuse a system message, some leave it out: then the persona goes before the first message. */
function rendersSystem(render: (messages: readonly ChatMessage[]) => string): boolean {
  try {
    return render(chatMessages(0, 0, "message")).includes(slot("s"));
  } catch {
    return false;
  }
}

function chatMessages(from: number, to: number, system: "message" | "inFirst" | "none"): readonly ChatMessage[] {
  const messages: ChatMessage[] = [];
  for (let index = from; index < to; index++) {
    messages.push({ role: "user", content: slot(`u${index}`) }, { role: "assistant", content: slot(`a${index}`) });
  }
  messages.push({ role: "user", content: slot("m") });
  if (system === "message") return [{ role: "system", content: slot("s") }, ...messages];
  if (system === "none") return messages;
  const [first, ...rest] = messages;
  return [{ role: "user", content: `${slot("s")}\n\n${first!.content}` }, ...rest];
}

/**
 * The rendering as parts. A round reaches from its user's text to the next text, so what stands before the first round
 * stays when rounds go. Where a template's rendering of fewer rounds is not what dropping leaves, nothing is droppable.
 */
function roundParts(render: Render, numRounds: number): readonly PromptPart[] {
  const parts = splitSlots(render(0, numRounds));
  if (numRounds === 0) return parts;
  const isExact = [1, numRounds].every((dropped) => {
    const rest = parts.filter(({ round }) => round === undefined || round >= dropped);
    return joinSlots(rest) === render(dropped, numRounds);
  });
  return isExact ? parts : parts.map((part) => ({ ...part, round: undefined }));
}

function splitSlots(text: string): readonly PromptPart[] {
  let round: number | undefined;
  return text.split(SLOT).map((piece, index) => {
    if (index % 2 === 0) return fixed(piece, round);
    round = /^[ua]/.test(piece) ? Number(piece.slice(1)) : undefined;
    return literal(piece, round);
  });
}

function joinSlots(parts: readonly PromptPart[]): string {
  return parts.map(({ text, isLiteral }) => (isLiteral ? slot(text) : text)).join("");
}

/** Lines of the template between one text and the next. */
function templateMarkers(render: Render): readonly string[] {
  const pieces = render(0, 1).split(SLOT);
  const between = pieces.filter((_, index) => index % 2 === 0).slice(1);
  return between.flatMap((piece) => piece.split("\n"));
}

function attempt<T>(model: string, render: () => T): T {
  try {
    return render();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The chat template of ${model} cannot be rendered (${reason}).`;
    throw new BotError("MODEL_BROKEN", message, { cause });
  }
}
