import { MAX_MESSAGE_LENGTH } from "@cria/bot-core";
import { MAX_ATTACHMENTS } from "@cria/bot-core/attachments";
import type { Context } from "hono";
import { z } from "zod";
import { WebError } from "../errors.ts";
import { MAX_FILE_NAME_LENGTH } from "../wire.ts";

/** The longest message whatever is in it (a UTF-16 unit is six bytes of JSON at most), with room for its id and the names of its files. */
export const MAX_BODY_BYTES = 6 * (MAX_MESSAGE_LENGTH + MAX_ATTACHMENTS * MAX_FILE_NAME_LENGTH) + 1_024;

/** A name or a title before it is looked at. */
export const shortText = z.string().max(1_000);
/** A file's name is one line. */
export const fileSchema = z.object({
  name: z
    .string()
    .min(1)
    .max(MAX_FILE_NAME_LENGTH)
    .regex(/^\P{Cc}*$/u, "must have no control characters"),
  text: z.string(),
});
export const idSchema = z.string().regex(/^[\w-]{8,64}$/, "must be 8 to 64 letters, digits, - or _");

/** A request's JSON as the schema has it. Throws a WebError for a body that is too large or malformed. */
export async function readBody<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  const isJson = context.req.header("content-type")?.startsWith("application/json") === true;
  if (!isJson) throw new WebError("invalid", "The request's body must be JSON.");
  const parsed = schema.safeParse(parseJson(await readText(context)));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${z.core.toDotPath(path) || "body"}: ${message}`);
  throw new WebError("invalid", `The request is malformed. ${faults.join("; ")}.`);
}

/** Hono's own limit cannot be put before bodies that were sent in chunks, or that are not there, on this server. */
async function readText({ req }: Context): Promise<string> {
  const declared = Number(req.header("content-length") ?? 0);
  if (declared > MAX_BODY_BYTES) throw tooLarge(declared.toLocaleString("en"));
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of req.raw.body ?? []) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLarge("too many");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WebError("invalid", "The request's body is not whole JSON.");
  }
}

function tooLarge(has: string): WebError {
  const [bytes, characters] = [MAX_BODY_BYTES, MAX_MESSAGE_LENGTH].map((limit) => limit.toLocaleString("en"));
  return new WebError(
    "tooLarge",
    `The request has ${has} bytes; at most ${bytes} are taken, since a message may have ${characters} characters.`,
  );
}
