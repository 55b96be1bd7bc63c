import { createHmac, randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Context } from "hono";
import { getSignedCookie, setSignedCookie } from "hono/cookie";
import { z } from "zod";
import { MIN_SECRET_LENGTH } from "../config.ts";
import { WebError } from "../errors.ts";
import { BOT, MAX_NAME_LENGTH, type Person } from "../wire.ts";

const ONE_YEAR_S = 365 * 24 * 3600;

const personSchema = z.object({ id: z.string().regex(/^[\w-]{16,64}$/), name: z.string().min(1).max(MAX_NAME_LENGTH) });

/** Who asks: the person of the signed cookie, or undefined if there is none or its signature is wrong. */
export async function readSession(context: Context, secret: string): Promise<Person | undefined> {
  const value = await getSignedCookie(context, secret, cookieName(secret));
  if (typeof value !== "string") return undefined;
  return personSchema.safeParse(parseJson(value)).data;
}

/** Browsers send cookies to every port of a host: installations on one host tell theirs apart by their secret. */
function cookieName(secret: string): string {
  return `cria_session_${createHmac("sha256", secret).update("cookie name").digest("hex").slice(0, 8)}`;
}

/** Gives the browser a session of this name; one that has a session keeps its id. */
export async function startSession(context: Context, secret: string, name: string): Promise<Person> {
  const current = await readSession(context, secret);
  const person = { id: current?.id ?? randomBytes(12).toString("base64url"), name: personName(name) };
  await setSignedCookie(context, cookieName(secret), JSON.stringify(person), secret, {
    httpOnly: true,
    sameSite: "Strict",
    path: "/",
    maxAge: ONE_YEAR_S,
    // The server itself speaks plain HTTP; where a proxy does TLS, the browser's own address of the page tells.
    secure: (context.req.header("origin") ?? context.req.header("referer"))?.startsWith("https:") ?? false,
  });
  return person;
}

/** The name with single spaces. Throws a WebError if it is no name. */
export function personName(text: string): string {
  const name = text.normalize("NFC").trim().replace(/\s+/g, " ");
  if (name === "") throw new WebError("invalid", "Choose a name of at least one letter.");
  if (name.length > MAX_NAME_LENGTH)
    throw new WebError("invalid", `The name has ${name.length} characters; at most ${MAX_NAME_LENGTH} are allowed.`);
  if (!/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._'’-]*$/u.test(name))
    throw new WebError(
      "invalid",
      "A name begins with a letter or digit and holds only letters, digits, spaces, . - _ and '.",
    );
  if (bareName(name) === bareName(BOT.name))
    throw new WebError("conflict", `${BOT.name} is the assistant's name. Choose another.`);
  return name;
}

/** Its letters and digits alone, without accents: names that read the same are the same. */
function bareName(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/[^\p{L}\p{N}]/gu, "")
    .toLowerCase();
}

/**
 * Reads the secret that signs cookies; makes one, readable only by its owner, if there is none. Rejects where the file
 * holds something too short to be one.
 */
export async function loadSecret(path: string): Promise<string> {
  const secret = (await readIfThere(path)) ?? (await makeSecret(path));
  if (secret.length >= MIN_SECRET_LENGTH) return secret;
  throw new Error(
    `${path} holds ${secret.length} characters; a secret has ${MIN_SECRET_LENGTH} or more. Delete the file, and the next start makes a new one.`,
  );
}

/** Written aside and linked into place whole: of two processes that start at once, both end up with the same. */
async function makeSecret(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(8).toString("hex")}`;
  try {
    await writeFile(draft, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx", flush: true });
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(path, "utf8")).trim();
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
