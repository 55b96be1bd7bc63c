import { type BotCore, type ConversationSettings, type Place, untilReachable, within } from "@cria/bot-core";
import type { Model } from "@cria/proto";
import type { App } from "@slack/bolt";
import type { Logger } from "pino";
import { withShortFailures } from "./api/failure-log.ts";
import { OwnMessages } from "./api/own-messages.ts";
import { PacedClient } from "./api/paced-client.ts";
import { ACCEPTED, accepted, appTokenRefusal, botTokenRefusal, checkBotToken } from "./check-tokens.ts";
import { isQuestion, recoverQuestion, registerAskAbout } from "./commands/ask-about.ts";
import { registerHome } from "./commands/home.ts";
import { registerModelPicker } from "./commands/model-picker.ts";
import { registerReplyButtons } from "./commands/reply-buttons.ts";
import { registerSlashCommand } from "./commands/slash-command.ts";
import type { SlackConfig } from "./config.ts";
import { createConnection, type SlackConnection } from "./connection.ts";
import { replyStarter, type SlackContext, type ThreadPlace } from "./context.ts";
import { recoverMessage } from "./incoming/answer-message.ts";
import { placeOf, writerOf } from "./incoming/message-event.ts";
import { registerMessages } from "./incoming/message-handlers.ts";
import { Channels } from "./lookup/channels.ts";
import { Names } from "./lookup/names.ts";
import { OpenChannels } from "./lookup/open-channels.ts";
import { People } from "./lookup/people.ts";
import { Threads } from "./lookup/threads.ts";
import { UserGroups } from "./lookup/user-groups.ts";
import { areOfEndedReply } from "./reply/reply-blocks.ts";
import { shownIn } from "./reply/reply-messages.ts";
import { StreamRefusals } from "./reply/stream-refusals.ts";

/** What the Slack bot is made of. */
export interface SlackPlatformOptions {
  readonly config: SlackConfig;
  readonly core: BotCore;
  /** What the model picker offers. */
  readonly listModels: () => Promise<readonly Model[]>;
  /** The settings that hold at a place. */
  readonly settings: (place: Place) => Promise<ConversationSettings>;
  /** Whether access lists name roles, so that it matters which user groups people are in. */
  readonly needsRoles: boolean;
  readonly logger: Logger;
  /** Slack no longer takes the tokens: the sentence says what to do. */
  readonly onLost: (reason: string) => void;
}

/** The bot on Slack. */
export interface SlackPlatform {
  /** Connects, when Slack can be reached. Rejects with a `RefusedError` when it does not take a token. */
  start(): Promise<void>;
  /**
   * Receives no more, and leaves the replies that are being written to another process; where there can be none, ends them, and
   * waits until that is shown, at most so long.
   */
  stop(graceMs: number): Promise<void>;
}

const READS_MESSAGES = ["channels:history", "groups:history", "mpim:history"];
/** For a look at a reply that another process left. */
const LOOK_AT_REPLY_MS = 10_000;
const DEFAULT_API_URL = "https://slack.com/api/";
const TOKENS_GONE =
  "Slack took the bot's tokens away: the app was removed from the workspace. `npm run setup -- slack` sets new ones.";

/** Builds the bot; `start` connects it. */
export function createSlackPlatform(given: SlackPlatformOptions): SlackPlatform {
  const logger = withShortFailures(given.logger);
  const options = { ...given, logger };
  const { config, onLost } = options;
  const onConnected = (numProcesses: number) => context?.client.budget.shareAmong(numProcesses);
  const connection = createConnection({ config, logger, onLost: () => onLost(TOKENS_GONE), onConnected });
  let context: SlackContext | undefined;
  let stopRecovering = () => {};
  const stopping = new AbortController();
  return {
    start: async () => {
      context = await createContext(options, connection, stopping.signal);
      if (config.events.type === "http") onConnected(config.events.numProcesses);
      register(connection.app, context, onLost);
      stopRecovering = recover(context);
      await connect(options, connection, stopping.signal);
    },
    stop: async (graceMs) => {
      stopping.abort();
      stopRecovering();
      await options.core.stop();
      await connection.stop();
      if (context) await endReplies(context, graceMs);
    },
  };
}

async function createContext(
  options: SlackPlatformOptions,
  { app }: SlackConnection,
  signal: AbortSignal,
): Promise<SlackContext> {
  const { config, core, listModels, settings, needsRoles, logger } = options;
  const check = async () => accepted(await checkBotToken(config.botToken, config.apiUrl));
  const { identity, faults } = await untilReachable(check, { signal, logger });
  if (!identity) throw new Error("Slack does not say whose the bot token is.");
  for (const fault of faults) logger.warn(fault);
  logger.info({ team: identity.team }, "Slack knows the bot");
  const own = { workspaceId: identity.teamId, botUserId: identity.userId };
  const at = (channel: string, ts: string) => placeOf({ channel, ts }, own);
  const client = new PacedClient(app.client, (error) => options.onLost(botTokenRefusal(error).faults.join(" ")));
  const groups = new UserGroups(client, logger);
  const people = new People({ client, logger, workspaceId: own.workspaceId, ...(needsRoles && { groups }) });
  const channels = new Channels(client, logger);
  return {
    core,
    listModels,
    settings,
    writer: { client, messages: new OwnMessages(client, own.botUserId), streams: new StreamRefusals() },
    client,
    ...own,
    workspaceName: identity.team,
    people,
    channels,
    names: new Names({ people, channels, groups, botUserId: own.botUserId }),
    openChannels: new OpenChannels(async (id) => (await settings(at(id, ""))).answersAll ?? false),
    threads: new Threads({
      client,
      botUserId: own.botUserId,
      remembers: (channel, threadTs) => core.remembers(at(channel, threadTs)),
      logger,
    }),
    fileAccess: { botToken: config.botToken, apiUrl: config.apiUrl ?? DEFAULT_API_URL },
    followsThreads: config.followsThreads,
    readsMessages: READS_MESSAGES.every((scope) => identity.scopes?.includes(scope) ?? true),
    running: new Set(),
    logger,
  };
}

function register(app: App, context: SlackContext, onLost: (reason: string) => void): void {
  registerMessages(app, context);
  registerSlashCommand(app, context);
  registerModelPicker(app, context);
  registerReplyButtons(app, context);
  registerAskAbout(app, context);
  registerHome(app, context);
  registerLosses(app, context, onLost);
}

/** Replies where nothing can be written any more are given up. */
function registerLosses(app: App, { running }: SlackContext, onLost: (reason: string) => void): void {
  const giveUp = (isLost: (channel: string) => boolean) => {
    for (const { place, reply } of running) if (isLost(place.channelId)) reply.giveUp();
  };
  app.event(/^(channel|group)_(left|deleted|archive)$/, async ({ event }) => {
    giveUp((channel) => "channel" in event && event.channel === channel);
  });
  app.event(/^(tokens_revoked|app_uninstalled)$/, async () => {
    giveUp(() => true);
    onLost(TOKENS_GONE);
  });
}

/** Goes on with what other processes of the app left. */
function recover(context: SlackContext): () => void {
  const { core, workspaceId } = context;
  return core.recover({
    writer: writerOf(context),
    serves: (place) => place.workspaceId === workspaceId,
    work: (claimed) => (isQuestion(claimed.event.raw) ? recoverQuestion : recoverMessage)(context, claimed),
    hasEnded: (place, handle) => hasEnded(context, place as ThreadPlace, handle),
    startReply: async ({ place, messageId, replyId, handle }, facts) => {
      const thread = place as ThreadPlace;
      // What was asked in a modal has no message of its own.
      const asker = { userId: "", ts: isTimestamp(messageId) ? messageId : thread.threadId };
      return await replyStarter(context, thread, asker, { handle: handle ?? "" })(replyId, facts);
    },
  });
}

const isTimestamp = (id: string) => /^\d+\.\d+$/.test(id);

/** Whether the last message of a reply carries what stands under one that has ended. Rejects where Slack does not tell. */
async function hasEnded({ threads }: SlackContext, place: ThreadPlace, handle: string): Promise<boolean> {
  const ts = shownIn(handle).at(-1);
  if (ts === undefined) return false;
  const where = { channel: place.channelId, threadTs: place.threadId, ts };
  return areOfEndedReply((await threads.message(where, LOOK_AT_REPLY_MS))?.blocks);
}

async function connect(
  { config, logger }: SlackPlatformOptions,
  { app, start }: SlackConnection,
  signal: AbortSignal,
): Promise<void> {
  const check = (work: () => Promise<void>) => async () => accepted(await work().then(() => ACCEPTED, appTokenRefusal));
  await untilReachable(
    check(() => app.init()),
    { signal, logger },
  );
  if (config.events.type === "http") return await start();
  await untilReachable(check(start), { signal, logger });
}

/** Ends what is being written, and waits until that is shown, at most so long. */
async function endReplies({ running }: SlackContext, graceMs: number): Promise<void> {
  const open = [...running].map(({ reply }) => reply);
  for (const reply of open) reply.giveUp();
  await within(graceMs, Promise.all(open.map(({ ended }) => ended))).catch(() => undefined);
}
