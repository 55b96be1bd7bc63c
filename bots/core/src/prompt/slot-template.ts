import { Template } from "@huggingface/jinja";
import { BotError } from "../port/bot-error.ts";
import type { Markers } from "./defuse.ts";
import { templateMarkers } from "./template-markers.ts";

/** What a model says of its template. */
export interface ChatTemplate {
  readonly name: string;
  readonly template: string;
  readonly bosToken: string;
  readonly eosToken: string;
}

/** A chat template, rendered over slots instead of contents. */
export interface SlotTemplate {
  /** Renders rounds `from` to `to` and the message, with or without a persona. */
  render(from: number, to: number, hasSystem: boolean): string;
  readonly markers: Markers;
}

interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Some templates refuse a system message, some leave it out: then the persona goes before the first message. */
type SystemPlace = "message" | "inFirst" | "none";

/** Stands for a content: private-use characters, which no template trims, escapes or changes. */
export const slot = (name: string) => `\uE000${name}\uE001`;
export const SLOT = /\uE000([a-z]\d*)\uE001/;

/** Jinja2 takes every line end for `\n`, the library does not. */
const LINE_END = /\r\n?/g;

/** Throws a `BotError` (`MODEL_BROKEN`), as rendering does. */
export function parseTemplate({ name, template, bosToken, eosToken }: ChatTemplate): SlotTemplate {
  const parsed = attempt(name, () => new Template(template.replace(LINE_END, "\n")));
  const given = { bos_token: bosToken, eos_token: eosToken, add_generation_prompt: true };
  const renderIn = (place: SystemPlace, from: number, to: number) =>
    parsed.render({ messages: chatMessages(from, to, place), ...given });
  const withSystem = sampleWithSystem(() => renderIn("message", 0, 1));
  const place = withSystem === "" ? "inFirst" : "message";
  const render: SlotTemplate["render"] = (from, to, hasSystem) =>
    attempt(name, () => renderIn(hasSystem ? place : "none", from, to));
  const sample = render(0, 1, false);
  attempt(name, () => checkShown(sample));
  // Whether or not there is a persona now, the words for one are markers.
  return { render, markers: templateMarkers([sample, withSystem].map(aroundSlots)) };
}

/** As templates do that want contents in another form than text. */
function checkShown(sample: string): void {
  if (!sample.includes(slot("m"))) throw new Error("it leaves the message out");
}

/** "" where the template has no place for a system message. */
function sampleWithSystem(render: () => string): string {
  try {
    const sample = render();
    return sample.includes(slot("s")) ? sample : "";
  } catch {
    return "";
  }
}

function aroundSlots(rendering: string): readonly string[] {
  return rendering.split(SLOT).filter((_, index) => index % 2 === 0);
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

function attempt<T>(model: string, render: () => T): T {
  try {
    return render();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The chat template of ${model} cannot be rendered (${reason}).`;
    throw new BotError("MODEL_BROKEN", message, { cause });
  }
}
