/** The bots' platform-free core: a message in, a remembered and streamed reply out. */

export { type AccessPolicy, isAdmin, namesRoles, OPEN_ACCESS } from "./access/access.ts";
export { Arrivals } from "./arrivals.ts";
export { BotError, type BotErrorCode } from "./bot-error.ts";
export type { Command, ContextMode, SettingsScope } from "./commands/command.ts";
export { type CommandCompletion, commandCompletions } from "./commands/command-completions.ts";
export { spellCommands } from "./commands/command-spelling.ts";
export { nearMatches } from "./commands/near-matches.ts";
export { type CommandError, parseCommand } from "./commands/parse-command.ts";
export { type CoreConfig, loadCoreConfig } from "./config.ts";
export { conversationKey, workspaceKey } from "./conversation-key.ts";
export type { ConversationSettings, ConversationStore, TakeTurnOptions, Turn } from "./conversation-store.ts";
export { ConfigError, type Environment, loadParts, readEnvironment } from "./environment.ts";
export { createInferenceClient, type InferenceClientOptions } from "./inference/grpc-inference-client.ts";
export type { GenerateOptions, InferenceClient } from "./inference-client.ts";
export { MAX_MESSAGE_LENGTH } from "./input/message-length.ts";
export { readBody } from "./input/read-body.ts";
export { createLogger, LOG_LEVELS, type LoggedError, loggedError } from "./logger.ts";
export { MODEL_STATES } from "./models.ts";
export { type OpenBotCore, openBotCore } from "./open-bot-core.ts";
export { forget, rememberedConversations } from "./operators/memory-keys.ts";
export { pause } from "./pause.ts";
export { type BotCoreOptions, createBotCore } from "./pipeline.ts";
export type {
  AbandonedReply,
  Attachment,
  Author,
  BotCore,
  Claim,
  FeedbackRating,
  IncomingCommand,
  IncomingEvent,
  IncomingMessage,
  MessageDeletion,
  MessageEdit,
  Place,
  Reply,
  ReplyAction,
  ReplyButtons,
  ReplyEnd,
  ReplyStats,
  ReplyStatus,
  ServedPlaces,
  StartReply,
} from "./platform.ts";
export { createRedisQuotaStore } from "./quota/redis-quota-store.ts";
export { type AlpacaExample, toAlpaca } from "./records/alpaca-export.ts";
export { type Rating, readRatings } from "./records/feedback.ts";
export { createLogTranscript, type Exchange, type Transcript } from "./records/transcript.ts";
export { defusePings } from "./reply/defuse-pings.ts";
export { canContinue, endLine, endWords, statsLine, statusLine } from "./reply/reply-lines.ts";
export { type MessagePiece, type SplitOptions, splitMessage, splitPieces } from "./reply/split-message.ts";
export { StreamEditor, type StreamEditorOptions } from "./reply/stream-editor.ts";
export { runBot } from "./run-bot.ts";
export { resolveSettings } from "./settings.ts";
export { createMemoryConversationStore } from "./store/memory-conversation-store.ts";
export { connectRedis, type RedisConnection } from "./store/redis-connection.ts";
export {
  createRedisConversationStore,
  createRedisStoreOver,
  type RedisStoreOptions,
} from "./store/redis-conversation-store.ts";
export { RefusedError, untilReachable } from "./until-reachable.ts";
export { MAX_WINDOW } from "./window.ts";
export { within } from "./within.ts";
