import { Template } from "@huggingface/jinja";
import { BotError } from "../port/bot-error.ts";
import { type Conversation, type PromptParts, withContext } from "./conversation.ts";
import { defuser, type Markers } from "./defuse.ts";
import { fixed, literal, type PromptPart } from "./segments.ts";
import { templateMarkers } from "./template-markers.ts";

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
 * text: a template's markers stay control tokens, and nobody's text can become one or a role, whatever a template makes of
 * texts. What is like the template's markers is defused too, since some templates mark roles by plain words.
 */
export function chatTemplatePrompt(model: ChatTemplate, conversation: Conversation): PromptParts {
  const template = parse(model);
  const render = renderer(template, conversation.system === "" ? "none" : template.systemPlace);
  const defuse = defuser(markersOf(template));
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
    part.isLiteral ? literal(defuse(contents.get(part.text)!.trim()), part.round) : part;
  return { parts: parts.map(fill), stop: [] };
}

/** Some templates refuse a system message, some leave it out: then the persona goes before the first message. */
type SystemPlace = "message" | "inFirst" | "none";

interface ParsedTemplate {
  render(messages: readonly ChatMessage[]): string;
  readonly systemPlace: SystemPlace;
}

/** Jinja2 takes every line end for `\n`, the library does not. */
const LINE_END = /\r\n?/g;

function parse({ name, template, bosToken, eosToken }: ChatTemplate): ParsedTemplate {
  const parsed = attempt(name, () => new Template(template.replace(LINE_END, "\n")));
  const given = { bos_token: bosToken, eos_token: eosToken, add_generation_prompt: true };
  const render = (messages: readonly ChatMessage[]) => parsed.render({ messages, ...given });
  const systemPlace = rendersSystem(render) ? "message" : "inFirst";
  return { render: (messages) => attempt(name, () => render(messages)), systemPlace };
}

function rendersSystem(render: (messages: readonly ChatMessage[]) => string): boolean {
  try {
    return render(chatMessages(0, 0, "message")).includes(slot("s"));
  } catch {
    return false;
  }
}

/** Renders rounds `from` to `to` and the message, contents as slots. */
type Render = (from: number, to: number) => string;

function renderer({ render }: ParsedTemplate, system: SystemPlace): Render {
  return (from, to) => render(chatMessages(from, to, system));
}

/** Whether or not there is a persona now, the words for one are markers. */
function markersOf(template: ParsedTemplate): Markers {
  const places: readonly SystemPlace[] = ["none", template.systemPlace];
  return templateMarkers(
    places.map((place) =>
      renderer(template, place)(0, 1)
        .split(SLOT)
        .filter((_, index) => index % 2 === 0),
    ),
  );
}

function chatMessages(from: number, to: number, system: SystemPlace): readonly ChatMessage[] {
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
  const isExact = [numRounds - 1, numRounds].every((dropped) => {
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

function attempt<T>(model: string, render: () => T): T {
  try {
    return render();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The chat template of ${model} cannot be rendered (${reason}).`;
    throw new BotError("MODEL_BROKEN", message, { cause });
  }
}
