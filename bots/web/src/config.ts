import { type Environment, readEnvironment } from "@cria/bot-core";
import { z } from "zod";

/** The shortest secret that signs cookies, in characters. */
export const MIN_SECRET_LENGTH = 16;

/** How the chat page is served. */
export interface WebConfig {
  /** `CRIA_WEB_HOST`: address to listen on. Default `127.0.0.1`, this machine only. */
  readonly host: string;
  /** `CRIA_WEB_PORT`: 0 lets the system choose. Default 3000. */
  readonly port: number;
  /** `CRIA_WEB_ALLOWED_HOSTS`: host names it answers to beside its own, comma-separated, as behind a proxy. Default none. */
  readonly allowedHosts: readonly string[];
  /** `CRIA_WEB_SECRET`: signs session cookies, 16 characters or more. Default: one made and kept in `stateDir`. */
  readonly secret: string | undefined;
  /** `CRIA_STATE_DIR`: folder of what this installation keeps. Default `.cria`. */
  readonly stateDir: string;
  /** `CRIA_WEB_NAME`: the workspace's name. Default `Cria`. */
  readonly workspaceName: string;
}

const schema = z.object({
  CRIA_WEB_HOST: z.string().default("127.0.0.1"),
  CRIA_WEB_PORT: z
    .string()
    .regex(/^\d{1,5}$/, "must be a port, 0 to 65535")
    .transform(Number)
    .pipe(z.number().max(65_535, "must be a port, 0 to 65535"))
    .default(3000),
  CRIA_WEB_ALLOWED_HOSTS: z
    .string()
    .transform((text) => text.split(",").map((name) => name.trim().toLowerCase()))
    .default([]),
  CRIA_WEB_SECRET: z.string().min(MIN_SECRET_LENGTH, `must have ${MIN_SECRET_LENGTH} characters or more`).optional(),
  CRIA_STATE_DIR: z.string().default(".cria"),
  CRIA_WEB_NAME: z.string().max(40, "may have 40 characters").default("Cria"),
});

/**
 * Reads the page's part of the environment; an empty variable counts as absent.
 * @throws ConfigError that names every fault at once
 */
export function loadWebConfig(env: Environment): WebConfig {
  const data = readEnvironment(env, schema);
  return Object.freeze({
    host: data.CRIA_WEB_HOST,
    port: data.CRIA_WEB_PORT,
    allowedHosts: data.CRIA_WEB_ALLOWED_HOSTS,
    secret: data.CRIA_WEB_SECRET,
    stateDir: data.CRIA_STATE_DIR,
    workspaceName: data.CRIA_WEB_NAME,
  });
}

/** Whether nobody but this machine's users reaches the page, unless by a proxy that is not named. */
export function servesThisMachineOnly({ host, allowedHosts }: Pick<WebConfig, "host" | "allowedHosts">): boolean {
  return allowedHosts.length === 0 && ["127.0.0.1", "::1", "localhost"].includes(host);
}
