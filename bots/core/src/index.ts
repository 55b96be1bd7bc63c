/** The bots' platform-free core: a message in, a remembered and streamed reply out. */

export { type AccessPolicy, isAdmin, namesRoles, OPEN_ACCESS } from "./admission/access.ts";
export { MAX_MESSAGE_LENGTH } from "./admission/question.ts";
export { readBody } from "./admission/read-body.ts";
export { type BotCoreOptions, createBotCore } from "./bot-core.ts";
export { CHANNEL_SETTINGS } from "./commands/channel-settings.ts";
export { type CommandCompletion, commandCompletions } from "./commands/command-completions.ts";
export { commandIn, mayBeCommand } from "./commands/command-in.ts";
export { parseCommand, SETTING_VALUES } from "./commands/parse-command.ts";
export { isSlashCommand, isStopWord } from "./commands/spoken-commands.ts";
export { conversationKey, workspaceKey } from "./conversation/conversation-key.ts";
export type { Delivery, Inbox } from "./conversation/inbox.ts";
export type { Round } from "./conversation/rounds.ts";
export { resolveSettings } from "./conversation/settings.ts";
export type { Stores } from "./conversation/stores.ts";
export type { TurnQueue } from "./conversation/turn-queue.ts";
export { MAX_WINDOW } from "./conversation/window.ts";
export { createInferenceClient, type InferenceClientOptions } from "./inference/grpc-inference-client.ts";
export type { GenerateOptions, InferenceClient } from "./inference/inference-client.ts";
export { MODEL_STATES } from "./inference/models.ts";
export { createMemoryStores } from "./memory/memory-stores.ts";
export { type CoreConfig, type OpenBotCore, openBotCore } from "./open-bot-core.ts";
export type { BotCore, GivenUpReply, RecoverOptions, Work } from "./port/bot.ts";
export { BOT_ERRORS, BotError, type BotErrorCode } from "./port/bot-error.ts";
export type { ClaimedEvent } from "./port/claimed-event.ts";
export type { Command, CommandError, ContextMode, SettingsScope } from "./port/command.ts";
export type { Claim, CommandAsked, IncomingCommand } from "./port/incoming-command.ts";
export type {
  Attachment,
  EarlierMessage,
  IncomingEvent,
  IncomingMessage,
  MessageDeletion,
  MessageEdit,
  ReceivedEvent,
  SentMessage,
} from "./port/message.ts";
export { pause } from "./port/pause.ts";
export type { Author, Place, PlaceNames } from "./port/place.ts";
export type {
  FeedbackRating,
  Reply,
  ReplyAction,
  ReplyButtons,
  ReplyEnd,
  ReplyFacts,
  ReplyStats,
  ReplyStatus,
  StartReply,
} from "./port/reply.ts";
export type { ConversationSettings } from "./port/settings.ts";
export { within } from "./port/within.ts";
export { DEFAULT_WORDS, type PlatformWords } from "./port/words.ts";
export { loadCoreConfig } from "./process/config.ts";
export { ConfigError, type Environment, loadParts, readEnvironment } from "./process/environment.ts";
export { createLogger, LOG_LEVELS, type LoggedError, loggedError } from "./process/logger.ts";
export { runBot } from "./process/run-bot.ts";
export { RefusedError, untilReachable } from "./process/until-reachable.ts";
export { type AlpacaExample, toAlpaca } from "./records/alpaca-export.ts";
export type { Rating } from "./records/feedback.ts";
export { createLogTranscript, type Exchange, type Transcript } from "./records/transcript.ts";
export { connectRedis, type RedisConnection } from "./redis/connection/redis-connection.ts";
export { forget, knownConversations, rememberedConversations } from "./redis/memory-keys.ts";
export { readRatings } from "./redis/records/redis-feedback.ts";
export { createRedisTranscript } from "./redis/records/redis-transcript.ts";
export { createRedisQuotaStore } from "./redis/redis-quota-store.ts";
export { createRedisStores, createRedisStoresOver, type RedisStoresOptions } from "./redis/redis-stores.ts";
export { defusePings } from "./text/defuse-pings.ts";
export { nearMatches } from "./text/near-matches.ts";
export { canContinue, endLine, endWords, statsLine, statusLine } from "./text/reply-lines.ts";
export { type MessagePiece, type SplitOptions, splitMessage, splitPieces } from "./text/split-message.ts";
export { StreamEditor, type StreamEditorOptions } from "./text/stream-editor.ts";
export { alignTables } from "./text/tables.ts";
