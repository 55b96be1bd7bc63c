import type { Command } from "../port/command.ts";

/** A command as an input field completes it. */
export interface CommandCompletion {
  readonly name: Command["type"];
  readonly description: string;
  /** What may follow the name; absent when nothing does. */
  readonly argument?: {
    /** As shown in place of the argument. */
    readonly placeholder: string;
    /** Where the values come from: the service's models, the platform's settings, the list given, or nowhere (free text). */
    readonly values: "models" | "settings" | "text" | readonly string[];
    /** How many of them the command takes, each followed by more. Default: one, the last word. */
    readonly count?: number;
  };
}

/** Every command, in the order of `/help`. */
export const commandCompletions: readonly CommandCompletion[] = [
  {
    name: "model",
    description: "list the models, or answer here with another one",
    argument: { placeholder: "name", values: "models" },
  },
  {
    name: "system",
    description: 'show or set the persona; "default" takes it back',
    argument: { placeholder: "persona", values: "text" },
  },
  {
    name: "context",
    description: "how much of the conversation goes into a prompt, and how",
    argument: { placeholder: "off | turns | merged | default, rounds", values: ["off", "turns", "merged", "default"] },
  },
  {
    name: "setting",
    description: "what a channel can have switched on or off",
    argument: { placeholder: "name on | off | default", values: "settings", count: 2 },
  },
  {
    name: "compare",
    description: "two models answer the same question",
    argument: { placeholder: "model model question", values: "models", count: 2 },
  },
  { name: "reset", description: "forget this conversation; settings stay" },
  {
    name: "feedback",
    description: "whether 👍 and 👎 are kept for training; admins switch it",
    argument: { placeholder: "on | off", values: ["on", "off"] },
  },
  { name: "status", description: "model, memory and service at a glance" },
  { name: "help", description: "this list" },
];
