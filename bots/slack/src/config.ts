import { type Environment, readEnvironment } from "@cria/bot-core";
import { z } from "zod";

/** What the Slack bot is configured with, besides what all bots share. */
export interface SlackConfig {
  /** `CRIA_SLACK_BOT_TOKEN`: "Bot User OAuth Token", begins with xoxb-. */
  readonly botToken: string;
  /** How events come in. */
  readonly events:
    | {
        readonly type: "socket";
        /** `CRIA_SLACK_APP_TOKEN`: app-level token with `connections:write`, begins with xapp-. */
        readonly appToken: string;
      }
    | {
        readonly type: "http";
        /** `CRIA_SLACK_SIGNING_SECRET`. */
        readonly signingSecret: string;
        /** `CRIA_SLACK_HOST`. Default `127.0.0.1`. */
        readonly host: string;
        /** `CRIA_SLACK_PORT`. Default 3001. */
        readonly port: number;
        /** `CRIA_SLACK_PROCESSES`: bot processes behind the balancer, which share Slack's limits. Default 1. */
        readonly numProcesses: number;
      };
  /** `CRIA_SLACK_API_URL`: another Slack than slack.com, as a proxy. */
  readonly apiUrl: string | undefined;
  /** `CRIA_SLACK_THREADS`: whether a thread that the bot is in goes on without a new mention. Default true. */
  readonly followsThreads: boolean;
}

const DEFAULT_PORT = 3001;
const MAX_PROCESSES = 1_000;

const token = (prefix: string, where: string) => {
  const findIt = `find it at https://api.slack.com/apps → ${where}`;
  return z.string(`is missing; ${findIt}`).startsWith(prefix, `must begin with ${prefix}; ${findIt}`);
};

const schema = z
  .object({
    CRIA_SLACK_BOT_TOKEN: token("xoxb-", "your app → OAuth & Permissions"),
    CRIA_SLACK_APP_TOKEN: token("xapp-", "your app → Basic Information → App-Level Tokens").optional(),
    CRIA_SLACK_SIGNING_SECRET: z.string().optional(),
    CRIA_SLACK_HOST: z.string().default("127.0.0.1"),
    CRIA_SLACK_PORT: z.coerce
      .number("must be a port, 0 to 65535")
      .int("must be a port, 0 to 65535")
      .min(0, "must be a port, 0 to 65535")
      .max(65_535, "must be a port, 0 to 65535")
      .default(DEFAULT_PORT),
    CRIA_SLACK_PROCESSES: z.coerce
      .number(`must be 1 to ${MAX_PROCESSES}`)
      .int(`must be 1 to ${MAX_PROCESSES}`)
      .min(1, `must be 1 to ${MAX_PROCESSES}`)
      .max(MAX_PROCESSES, `must be 1 to ${MAX_PROCESSES}`)
      .default(1),
    CRIA_SLACK_API_URL: z.url("must be an address, as https://slack.com/api/").optional(),
    CRIA_SLACK_THREADS: z.enum(["0", "1"], "must be 0 or 1").default("1"),
  })
  .refine((env) => env.CRIA_SLACK_APP_TOKEN !== undefined || env.CRIA_SLACK_SIGNING_SECRET !== undefined, {
    path: ["CRIA_SLACK_APP_TOKEN"],
    message: "is missing; it, or CRIA_SLACK_SIGNING_SECRET for events by HTTP, is needed",
    // Whatever else is wrong.
    when: () => true,
  });

/**
 * Reads the Slack bot's part of the environment; an empty variable counts as absent.
 * @throws ConfigError that names every fault at once
 */
export function loadSlackConfig(env: Environment): SlackConfig {
  const data = readEnvironment(env, schema, "`npm run setup -- slack` helps.");
  return Object.freeze({
    botToken: data.CRIA_SLACK_BOT_TOKEN,
    events: eventsConfig(data),
    apiUrl: data.CRIA_SLACK_API_URL,
    followsThreads: data.CRIA_SLACK_THREADS === "1",
  });
}

/** Socket Mode wherever there is an app-level token: it needs no public address. */
function eventsConfig(data: z.infer<typeof schema>): SlackConfig["events"] {
  if (data.CRIA_SLACK_APP_TOKEN !== undefined) return { type: "socket", appToken: data.CRIA_SLACK_APP_TOKEN };
  return {
    type: "http",
    signingSecret: data.CRIA_SLACK_SIGNING_SECRET ?? "",
    host: data.CRIA_SLACK_HOST,
    port: data.CRIA_SLACK_PORT,
    numProcesses: data.CRIA_SLACK_PROCESSES,
  };
}
