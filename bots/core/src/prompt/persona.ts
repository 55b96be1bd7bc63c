import type { Model } from "@cria/proto";
import { cleanName } from "./speakers.ts";

/** Persona of models that have none of their own, where nobody set another. */
export const DEFAULT_PERSONA = "You are Cria, a helpful AI assistant.";

/** What the fields of a persona stand for. */
export interface PersonaFields {
  /** Written as its day in this process's time zone, so that a prompt's beginning changes once a day. */
  readonly date: Date;
  /** Names of who asks, of the channel and of the workspace. */
  readonly user: string;
  readonly channel: string;
  readonly workspace: string;
}

/** What there is to choose a persona from. */
export interface PersonaChoice {
  /** What somebody set for the conversation; "" for none at all. */
  readonly system: string | undefined;
  /** For models without a persona of their own. */
  readonly fallback: string;
}

/** As "Monday 30 November 2026". Made once: making one takes longer than all the rest of a prompt. */
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const FIELD = /\{(date|user|channel|workspace)\}/g;

/**
 * A conversation's persona with that model: the one that was set, else the model's own, else the fallback. The fallback is for
 * chat templates alone: the other formats' text is exact.
 */
export function personaOf({ system: own, promptFormat }: Model, { system, fallback }: PersonaChoice): string {
  const isChat = promptFormat?.format?.$case === "chatTemplate";
  return system ?? (own || (isChat ? fallback : ""));
}

/** Names in braces that are no fields of a persona, each once, with their braces. */
export function unknownFields(persona: string): readonly string[] {
  return [...new Set(persona.replace(FIELD, "").match(/\{\w+\}/g))];
}

/** A persona whose `{date}`, `{user}`, `{channel}` and `{workspace}` are filled in. Any other field stays. */
export function fillPersona(persona: string, { date, ...names }: PersonaFields): string {
  return persona.replace(FIELD, (_, field: keyof PersonaFields) =>
    field === "date" ? DAY.format(date) : cleanName(names[field]),
  );
}
