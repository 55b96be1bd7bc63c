import { type APIApplicationCommand, ApplicationCommandOptionType } from "discord-api-types/v10";
import { z } from "zod";
import { ApiError, formError } from "../api-error.ts";
import { parseForm } from "../form.ts";
import { RateLimiter } from "../rate-limiter.ts";
import type { World } from "../world/world.ts";

const MAX_CHOICES = 25;
const name = z
  .string()
  .min(1)
  .max(32)
  .regex(/^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]+$/u, "Command name is invalid");
const description = z.string().min(1).max(100);
const locales = z.record(z.string(), z.string()).nullish();
const option = z
  .object({
    type: z.int().min(1).max(11),
    name,
    description,
    required: z.boolean().optional(),
    autocomplete: z.boolean().optional(),
    choices: z
      .array(z.object({ name: z.string().min(1).max(100), value: z.union([z.string().max(100), z.number()]) }))
      .max(MAX_CHOICES)
      .optional(),
    min_value: z.number().optional(),
    max_value: z.number().optional(),
    min_length: z.int().min(0).max(6000).optional(),
    max_length: z.int().min(1).max(6000).optional(),
    name_localizations: locales,
    description_localizations: locales,
  })
  .refine(({ autocomplete, choices }) => !(autocomplete && choices?.length), {
    message: "Autocomplete and choices exclude each other.",
    params: { code: "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES" },
  });
const command = z
  .object({
    id: z.string().optional(),
    type: z.int().min(1).max(4).default(1),
    name,
    description: z.string().max(100).default(""),
    options: z.array(option).max(25).optional(),
    default_member_permissions: z.string().nullish(),
    contexts: z.array(z.int().min(0).max(2)).nullish(),
    integration_types: z.array(z.int().min(0).max(1)).optional(),
    dm_permission: z.boolean().nullish(),
    nsfw: z.boolean().optional(),
    name_localizations: locales,
    description_localizations: locales,
  })
  .superRefine(({ type, description: text, options }, context) => {
    if (type === 1 && text === "")
      context.addIssue({
        code: "custom",
        path: ["description"],
        message: "This field is required",
        params: { code: "BASE_TYPE_REQUIRED" },
      });
    const firstOptional = (options ?? []).findIndex(({ required }) => !required);
    const lastRequired = (options ?? []).findLastIndex(({ required }) => required);
    if (firstOptional !== -1 && lastRequired > firstOptional)
      context.addIssue({
        code: "custom",
        path: ["options", lastRequired],
        message: "Required options must be placed before non-required options",
        params: { code: "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID" },
      });
  });

type CommandBody = z.infer<typeof command>;

/** A command as registered. */
export type RegisteredCommand = CommandBody & Pick<APIApplicationCommand, "id" | "application_id" | "version">;

/** Registered commands: those of everywhere, and each guild's. Scope: a guild's id, or "global". */
export class CommandRegistry {
  /** How many times a client wrote to a registry, whether or not it changed anything. */
  numWrites = 0;
  readonly #world: World;
  readonly #scopes = new Map<string, Map<string, RegisteredCommand>>();
  readonly #creates: RateLimiter;

  constructor(world: World) {
    this.#world = world;
    this.#creates = new RateLimiter(world.now);
  }

  list(scope: string): readonly RegisteredCommand[] {
    return [...(this.#scopes.get(scope)?.values() ?? [])];
  }

  /** What a person finds by its name: a guild's own command hides the global one. */
  find(guildId: string | undefined, wanted: string): RegisteredCommand | undefined {
    const lists = [...(guildId ? this.list(guildId) : []), ...this.list("global")];
    return lists.find(({ name: candidate }) => candidate === wanted);
  }

  /** Replaces a scope's commands; those of the same name keep their id. */
  overwrite(scope: string, body: unknown): readonly RegisteredCommand[] {
    const bodies = parseForm(z.array(command), body);
    if (bodies.length > this.#world.limits.globalCommands) throw new ApiError(30032);
    const names = bodies.map(({ type, name: own }) => `${type} ${own}`);
    if (new Set(names).size < names.length)
      throw formError([], "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
    const old = this.list(scope);
    const next = bodies.map((one) =>
      this.#register(
        scope,
        one,
        old.find((known) => isSame(known, one)),
      ),
    );
    this.#scopes.set(scope, new Map(next.map((registered) => [registered.id, registered])));
    this.numWrites++;
    return next;
  }

  #register(scope: string, body: CommandBody, old: RegisteredCommand | undefined): RegisteredCommand {
    if (!old && !this.#creates.take(scope, this.#world.limits.commandCreates).isAllowed) throw new ApiError(30034);
    const application_id = this.#world.bot.id;
    return { ...body, id: old?.id ?? this.#world.nextId(), application_id, version: this.#world.nextId() };
  }
}

const isSame = (a: CommandBody, b: CommandBody) => a.type === b.type && a.name === b.name;

/** A value as the client sends it for an option. */
export type OptionValue = string | number | boolean;

/** Options as an interaction carries them. @throws Error where Discord's client would not let a person send this */
export function commandOptions(
  registered: RegisteredCommand,
  values: Readonly<Record<string, OptionValue>>,
  focused?: string,
) {
  const known = registered.options ?? [];
  const stranger = Object.keys(values).find((key) => !known.some((candidate) => candidate.name === key));
  if (stranger) throw new Error(`/${registered.name} has no option "${stranger}"`);
  const missing = known.find((candidate) => candidate.required && values[candidate.name] === undefined && !focused);
  if (missing) throw new Error(`/${registered.name} requires "${missing.name}"`);
  return known.flatMap((candidate) => {
    const value = values[candidate.name];
    if (value === undefined) return [];
    if (!focused) checkValue(registered.name, candidate, value);
    return [
      { name: candidate.name, type: candidate.type, value, ...(candidate.name === focused && { focused: true }) },
    ];
  });
}

function checkValue(commandName: string, candidate: z.infer<typeof option>, value: OptionValue): void {
  const where = `/${commandName} ${candidate.name}: ${value}`;
  const { choices, min_value = -Infinity, max_value = Infinity, min_length = 0, max_length = 6000 } = candidate;
  if (choices?.length && !choices.some((choice) => choice.value === value)) throw new Error(`${where} is no choice`);
  const wanted = TYPES[candidate.type];
  if (wanted !== undefined && typeof value !== wanted) throw new Error(`${where} is no ${wanted}`);
  if (typeof value === "number" && (value < min_value || value > max_value))
    throw new Error(`${where} is out of range`);
  if (typeof value === "string" && (value.length < min_length || value.length > max_length))
    throw new Error(`${where} has ${value.length} characters`);
}

const TYPES: Readonly<Record<number, "string" | "number" | "boolean">> = {
  [ApplicationCommandOptionType.String]: "string",
  [ApplicationCommandOptionType.Integer]: "number",
  [ApplicationCommandOptionType.Number]: "number",
  [ApplicationCommandOptionType.Boolean]: "boolean",
};
