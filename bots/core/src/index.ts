/** The bots' platform-free core: a message in, a remembered and streamed reply out. */

export { type AccessPolicy, namesRoles, OPEN_ACCESS } from "./admission/access.ts";
export { MAX_MESSAGE_LENGTH } from "./admission/question.ts";
export { readAnnouncedBody } from "./admission/read-announced-body.ts";
export { type BotCoreOptions, createBotCore } from "./bot-core.ts";
export { CHANNEL_SETTINGS } from "./commands/channel-settings.ts";
export { type CommandCompletion, commandCompletions } from "./commands/command-completions.ts";
export { commandIn, mayBeCommand } from "./commands/command-in.ts";
export { parseCommand, SETTING_VALUES } from "./commands/parse-command.ts";
export { isSlashCommand, isStopWord } from "./commands/spoken-commands.ts";
export { conversationKey, workspaceKey } from "./conversation/conversation-key.ts";
export { resolveSettings } from "./conversation/settings.ts";
export type { Stores } from "./conversation/stores.ts";
export { MAX_WINDOW } from "./conversation/window.ts";
export { createInferenceClient } from "./inference/grpc-inference-client.ts";
export type { InferenceClient } from "./inference/inference-client.ts";
export { MODEL_STATES, modelInUse } from "./inference/models.ts";
export { createMemoryStores } from "./memory/memory-stores.ts";
export type { BotCore, GivenUpReply } from "./port/bot.ts";
export { BOT_ERRORS, BotError } from "./port/bot-error.ts";
export type { ClaimedEvent } from "./port/claimed-event.ts";
export type { Command, CommandError } from "./port/command.ts";
export type { CommandAsked, IncomingCommand, SaidCommand } from "./port/incoming-command.ts";
export { LruCache } from "./port/lru-cache.ts";
export type { Attachment, EarlierMessage, IncomingMessage, Quote, ReceivedEvent } from "./port/message.ts";
export { pause } from "./port/pause.ts";
export type { Author, Place, PlaceNames, Speaker } from "./port/place.ts";
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
export { ConfigError, type Environment, readEnvironment } from "./process/environment.ts";
export { type LoggedError, loggedError } from "./process/logger.ts";
export { runBot } from "./process/run-bot.ts";
export { RefusedError, untilReachable } from "./process/until-reachable.ts";
export { toAlpaca } from "./records/alpaca-export.ts";
export type { Rating } from "./records/feedback.ts";
export { connectRedis, type RedisConnection } from "./redis/connection/redis-connection.ts";
export { defineScript, type RedisScript } from "./redis/connection/redis-script.ts";
export { forget, knownConversations, rememberedConversations } from "./redis/memory-keys.ts";
export { readRatings } from "./redis/records/redis-feedback.ts";
export { createRedisTranscript } from "./redis/records/redis-transcript.ts";
export { createRedisQuotaStore } from "./redis/redis-quota-store.ts";
export { createRedisStores, createRedisStoresOver } from "./redis/redis-stores.ts";
export { defusePings } from "./text/defuse-pings.ts";
export { nearMatches } from "./text/near-matches.ts";
export { canContinue, endLine, endWords, statsLine, statusLine } from "./text/reply-lines.ts";
export { shorten } from "./text/shorten.ts";
export { type MessagePiece, type SplitOptions, splitMessage, splitPieces } from "./text/split-message.ts";
export { StreamEditor } from "./text/stream-editor.ts";
export { alignTables } from "./text/tables.ts";
