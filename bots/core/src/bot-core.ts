import type { Logger } from "pino";
import { type AccessPolicy, OPEN_ACCESS } from "./admission/access.ts";
import type { QuotaLimits, QuotaStore } from "./admission/quota.ts";
import { refusal } from "./admission/refusal.ts";
import { continueReply, giveFeedback, press, regenerate, stopReply, wantsFeedback } from "./buttons/press.ts";
import { claim, handleCommand, streamComparison } from "./commands/handle-command.ts";
import { conversationKey } from "./conversation/conversation-key.ts";
import type { ConversationStore } from "./conversation/conversation-store.ts";
import { DEFAULT_WINDOW } from "./conversation/window.ts";
import type { InferenceClient } from "./inference/inference-client.ts";
import { createMemoryQuotaStore } from "./memory/memory-quota-store.ts";
import { Arrivals } from "./message/arrivals.ts";
import type { Core } from "./message/core.ts";
import { answerAbandoned, handleMessage } from "./message/handle-message.ts";
import { tellAll } from "./message/tell-all.ts";
import type { BotCore } from "./port/bot.ts";
import type { MessageDeletion, MessageEdit } from "./port/message.ts";
import { DEFAULT_WORDS, type PlatformWords } from "./port/words.ts";
import type { FeedbackStore } from "./records/feedback.ts";
import { createLogTranscript, type Transcript } from "./records/transcript.ts";
import { adoptReplies } from "./recovery/adopt-replies.ts";
import { handOver } from "./recovery/hand-over.ts";
import type { Unanswered } from "./recovery/unanswered.ts";
import { RunningReplies } from "./reply/running-replies.ts";

/** What a bot process is made of. */
export interface BotCoreOptions {
  readonly store: ConversationStore;
  readonly inference: InferenceClient;
  readonly logger: Logger;
  /** How people of the platform name things. Default: the web page's. */
  readonly words?: PlatformWords;
  /** Default: one log line an exchange, without anyone's words. */
  readonly transcript?: Transcript;
  /** Rounds kept where nobody set another number, 1 to 50. Default 6. */
  readonly window?: number;
  /** Who may talk to the bot, and who runs it. Default: everyone may, and the platform's administrators do. */
  readonly access?: AccessPolicy;
  /** Default: no limits. */
  readonly quotaLimits?: QuotaLimits;
  /** Where use is counted. Default: in this process. */
  readonly quotas?: QuotaStore;
  /** Where ratings are kept. Default: nowhere, so nobody is asked for any. */
  readonly feedback?: FeedbackStore | undefined;
}

/** The pipeline that answers messages and commands of every platform. */
export function createBotCore(options: BotCoreOptions): BotCore {
  const core = createCore(options);
  core.store.onSignal((signal) => core.running.hear(signal));
  return {
    handleMessage: (message, startReply) => handleMessage(core, message, startReply),
    handleEdit: (edit) => handleEdit(core, edit),
    handleDeletion: (deletion) => handleDeletion(core, deletion),
    handleCommand: (command, refuse) => handleCommand(core, command, refuse),
    compare: (command, startReply) => streamComparison(core, command, startReply),
    claim: (event) => claim(core, event),
    refusal: (event) => refusal(core, event),
    remembers: (place) =>
      core.store.rounds(conversationKey(place)).then(
        ({ length }) => length > 0,
        () => false,
      ),
    stopReply: (action) => press(core, () => stopReply(core, action)),
    stopReplies: (action) => press(core, () => stopReply(core, action)),
    regenerate: (action, startReply) => press(core, () => regenerate(core, action, startReply)),
    continueReply: (action, startReply) => press(core, () => continueReply(core, action, startReply)),
    giveFeedback: (action) => press(core, () => giveFeedback(core, action)),
    wantsFeedback: (place) => wantsFeedback(core, place).catch(() => false),
    adoptReplies: (where, startReply) => {
      const ending = new AbortController();
      const answer = (unanswered: Unanswered) => void answerAbandoned(core, unanswered, startReply);
      void adoptReplies({ store: core.store, where, signal: ending.signal, logger: core.logger, answer });
      return () => ending.abort();
    },
    handOver: () => handOver(core),
  };
}

function createCore(options: BotCoreOptions): Core {
  return {
    transcript: createLogTranscript(options.logger),
    window: DEFAULT_WINDOW,
    words: DEFAULT_WORDS,
    access: OPEN_ACCESS,
    quotaLimits: {},
    quotas: createMemoryQuotaStore(),
    feedback: undefined,
    running: new RunningReplies(),
    arrivals: new Arrivals(),
    ...options,
  };
}

/** A reply under way hears of the edit and begins anew; those that ended are regenerated from the new text. */
async function handleEdit(core: Core, { place, messageId, text }: MessageEdit): Promise<void> {
  const conversation = conversationKey(place);
  try {
    await tellAll(core, { type: "edit", conversation, messageId, text });
    await core.store.editQuestion(conversation, messageId, text);
  } catch (error) {
    core.logger.warn({ err: error, conversation }, "an edit was not heard");
  }
}

/** A reply under way stops and is not remembered; one that has ended is forgotten with its question. */
async function handleDeletion(core: Core, { place, messageId }: MessageDeletion): Promise<void> {
  const conversation = conversationKey(place);
  try {
    await tellAll(core, { type: "deletion", conversation, messageId });
    await core.store.forgetQuestion(conversation, messageId);
  } catch (error) {
    core.logger.warn({ err: error, conversation }, "a deletion was not heard");
  }
}
