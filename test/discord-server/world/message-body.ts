import { ComponentType, MessageFlags } from "discord-api-types/v10";
import { z } from "zod";
import { ApiError } from "../api-error.ts";
import { parseForm } from "../form.ts";
import type { DiscordLimits } from "../limits.ts";

const MAX_EMBEDS = 10;
const MAX_ROWS = 5;
const MAX_COMPONENTS_V2 = 40;

const customId = z.string().min(1).max(100);
const emoji = z.object({ id: z.string().nullish(), name: z.string().nullish(), animated: z.boolean().optional() });
const button = z.object({
  type: z.literal(ComponentType.Button),
  style: z.int().min(1).max(6),
  label: z.string().max(80).optional(),
  emoji: emoji.optional(),
  custom_id: customId.optional(),
  url: z.string().max(512).optional(),
  disabled: z.boolean().optional(),
});
const actionRow = z.object({
  type: z.literal(ComponentType.ActionRow),
  components: z.array(button).min(1).max(5),
});
const textDisplay = z.object({ type: z.literal(ComponentType.TextDisplay), content: z.string().min(1).max(4000) });
const component = z.discriminatedUnion("type", [actionRow, textDisplay]);

const embed = z.object({
  title: z.string().max(256).optional(),
  description: z.string().optional(),
  url: z.string().optional(),
  color: z.int().optional(),
  footer: z.object({ text: z.string().max(2048) }).optional(),
  author: z.object({ name: z.string().max(256) }).optional(),
  fields: z
    .array(z.object({ name: z.string().max(256), value: z.string().max(1024), inline: z.boolean().optional() }))
    .max(25)
    .optional(),
});

const allowedMentions = z.object({
  parse: z.array(z.enum(["everyone", "roles", "users"])).optional(),
  users: z.array(z.string()).max(100).optional(),
  roles: z.array(z.string()).max(100).optional(),
  replied_user: z.boolean().optional(),
});

const reference = z.object({
  message_id: z.string().optional(),
  channel_id: z.string().optional(),
  guild_id: z.string().optional(),
  type: z.int().optional(),
  fail_if_not_exists: z.boolean().optional(),
});

/** Lengths are counted in UTF-16 code units: never fewer than Discord counts. */
function messageSchema(limits: DiscordLimits) {
  return z.object({
    content: z.string().max(limits.contentLength).nullish(),
    embeds: z
      .array(embed.extend({ description: z.string().max(limits.embedDescriptionLength).optional() }))
      .max(MAX_EMBEDS)
      .optional(),
    components: z.array(component).max(MAX_COMPONENTS_V2).optional(),
    flags: z.int().optional(),
    nonce: z.union([z.string().max(limits.nonceLength), z.int()]).optional(),
    enforce_nonce: z.boolean().optional(),
    allowed_mentions: allowedMentions.nullish(),
    message_reference: reference.optional(),
    attachments: z.array(z.object({ id: z.union([z.string(), z.int()]), filename: z.string().optional() })).optional(),
    tts: z.boolean().optional(),
  });
}

/** What a client may write in a message. */
export type MessageBody = z.infer<ReturnType<typeof messageSchema>>;
type Components = NonNullable<MessageBody["components"]>;

/** @throws ApiError 50035 that names every field Discord would refuse */
export function parseMessageBody(body: unknown, limits: DiscordLimits): MessageBody {
  const message = parseForm(messageSchema(limits).superRefine(refine(limits)), body);
  if (isV2(message.flags) && (message.content || message.embeds?.length)) {
    throw new ApiError(50035, [
      {
        path: ["content"],
        code: "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
        message: "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
      },
    ]);
  }
  return message;
}

/** Whether a message is made of components only. */
export function isV2(flags: number | undefined): boolean {
  return ((flags ?? 0) & MessageFlags.IsComponentsV2) !== 0;
}

/** Every button that a person can press. */
export function buttonsIn(components: Components) {
  return components.flatMap((part) => (part.type === ComponentType.ActionRow ? part.components : []));
}

function refine(limits: DiscordLimits) {
  return (message: MessageBody, context: z.RefinementCtx): void => {
    const fault = (path: PropertyKey[], code: string, text: string) =>
      context.addIssue({ code: "custom", path, message: text, params: { code } });
    if (embedsLength(message.embeds) > limits.embedsLength)
      fault(["embeds"], "MAX_EMBED_SIZE_EXCEEDED", `Embed size exceeds maximum size of ${limits.embedsLength}`);
    const wrong = componentsFault(message.components ?? [], isV2(message.flags));
    if (wrong) fault(["components"], ...wrong);
  };
}

/** Code and sentence of what is wrong with a message's components as a whole. */
function componentsFault(components: Components, isVersion2: boolean): [string, string] | undefined {
  const buttons = buttonsIn(components);
  const ids = buttons.flatMap(({ custom_id }) => custom_id ?? []);
  if (new Set(ids).size < ids.length)
    return ["COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"];
  if (isVersion2 && components.length + buttons.length > MAX_COMPONENTS_V2)
    return ["COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", `At most ${MAX_COMPONENTS_V2} components.`];
  if (isVersion2) return undefined;
  if (components.length > MAX_ROWS) return ["BASE_TYPE_BAD_LENGTH", `Must be between 1 and ${MAX_ROWS} in length.`];
  if (components.every(({ type }) => type === ComponentType.ActionRow)) return undefined;
  return ["UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).'];
}

function embedsLength(embeds: MessageBody["embeds"]): number {
  const texts = (embeds ?? []).flatMap(({ title, description, footer, author, fields }) => [
    title,
    description,
    footer?.text,
    author?.name,
    ...(fields ?? []).flatMap(({ name, value }) => [name, value]),
  ]);
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
}
