import { InteractionResponseType, InteractionType, MessageFlags } from "discord-api-types/v10";
import { z } from "zod";
import { formError } from "../api-error.ts";
import { parseForm } from "../form.ts";
import type { DiscordLimits } from "../limits.ts";
import { type MessageBody, parseMessageBody } from "../world/message-body.ts";

/** The app's first answer to an interaction. */
export type Answer =
  | { readonly type: "message"; readonly message: MessageBody }
  | { readonly type: "deferred"; readonly isEphemeral: boolean }
  | { readonly type: "deferredUpdate" }
  | { readonly type: "update"; readonly message: MessageBody }
  | { readonly type: "choices"; readonly choices: readonly Choice[] };

export type AnswerType = Answer["type"];
export type Choice = z.infer<typeof choice>;

const choice = z.object({
  name: z.string().min(1).max(100),
  value: z.union([z.string().min(1).max(100), z.number()]),
});
const envelope = z.object({ type: z.int(), data: z.unknown().optional() });

/** Which answers an interaction may get. */
const FITTING: Readonly<Partial<Record<InteractionType, readonly InteractionResponseType[]>>> = {
  [InteractionType.ApplicationCommand]: [4, 5],
  [InteractionType.MessageComponent]: [4, 5, 6, 7],
  [InteractionType.ApplicationCommandAutocomplete]: [8],
};

/** @throws ApiError 50035 where the answer does not fit the interaction or breaks a limit */
export function parseAnswer(asked: InteractionType, body: unknown, limits: DiscordLimits): Answer {
  const { type, data } = parseForm(envelope, body);
  if (!FITTING[asked]?.includes(type))
    throw formError(
      ["type"],
      "INTERACTION_RESPONSE_TYPE_INVALID",
      `Type ${type} does not answer an interaction of type ${asked}.`,
    );
  switch (type as InteractionResponseType) {
    case InteractionResponseType.ChannelMessageWithSource:
      return { type: "message", message: parseMessageBody(data ?? {}, limits) };
    case InteractionResponseType.DeferredChannelMessageWithSource:
      return { type: "deferred", isEphemeral: isEphemeral(data) };
    case InteractionResponseType.DeferredMessageUpdate:
      return { type: "deferredUpdate" };
    case InteractionResponseType.UpdateMessage:
      return { type: "update", message: parseMessageBody(data ?? {}, limits) };
    default:
      return { type: "choices", choices: parseChoices(data, limits) };
  }
}

function parseChoices(data: unknown, limits: DiscordLimits): readonly Choice[] {
  const { choices } = parseForm(z.object({ choices: z.array(choice).max(limits.autocompleteChoices) }), data);
  return choices;
}

function isEphemeral(data: unknown): boolean {
  const { flags = 0 } = parseForm(z.object({ flags: z.int().optional() }).optional(), data) ?? {};
  return (flags & MessageFlags.Ephemeral) !== 0;
}
