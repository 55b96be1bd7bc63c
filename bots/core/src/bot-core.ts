import type { Logger } from "pino";
import { type AccessPolicy, OPEN_ACCESS } from "./admission/access.ts";
import { refusal } from "./admission/command-access.ts";
import { hasLimits, type QuotaLimits, type QuotaStore } from "./admission/quota.ts";
import { continueReply, giveFeedback, press, regenerate, stopReply, wantsFeedback } from "./buttons/press.ts";
import {
  answerSaidCommand,
  answerSaidComparison,
  claim,
  handleCommand,
  handleComparison,
} from "./commands/handle-command.ts";
import { conversationKey } from "./conversation/conversation-key.ts";
import type { Stores } from "./conversation/stores.ts";
import { DEFAULT_WINDOW } from "./conversation/window.ts";
import type { InferenceClient } from "./inference/inference-client.ts";
import { DEFAULT_MAX_TOKENS } from "./inference/models.ts";
import { createMemoryQuotaStore } from "./memory/memory-quota-store.ts";
import { handleDeletion, handleEdit } from "./message/changes.ts";
import type { Core } from "./message/core.ts";
import type { Pending } from "./message/pending.ts";
import { receive } from "./message/receive.ts";
import { Unheard } from "./message/unheard.ts";
import type { BotCore, Work } from "./port/bot.ts";
import type { ClaimedEvent } from "./port/claimed-event.ts";
import type { CommandAsked } from "./port/incoming-command.ts";
import type { SentMessage } from "./port/message.ts";
import type { Place } from "./port/place.ts";
import type { StartReply } from "./port/reply.ts";
import { DEFAULT_WORDS, type PlatformWords } from "./port/words.ts";
import { DEFAULT_PERSONA } from "./prompt/persona.ts";
import type { FeedbackStore } from "./records/feedback.ts";
import { createLogTranscript, type Transcript } from "./records/transcript.ts";
import { recover } from "./recovery/recover.ts";
import { stop } from "./recovery/stop.ts";
import { RunningReplies } from "./reply/running-replies.ts";

/** What a bot process is made of. */
export interface BotCoreOptions {
  readonly stores: Stores;
  readonly inference: InferenceClient;
  readonly logger: Logger;
  /** How people of the platform name things. Default: the web page's. */
  readonly words?: PlatformWords;
  /** Default: one log line an exchange, without anyone's words. */
  readonly transcript?: Transcript;
  /** Rounds kept where nobody set another number, 1 to 50. Default 6. */
  readonly window?: number;
  /** Longest reply in tokens of models whose folder does not say. Default 1,024. */
  readonly maxTokens?: number;
  /** Persona of chat models that have none of their own. Default: one that says it is Cria. */
  readonly persona?: string;
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
  const { stores, running } = core;
  stores.signals.subscribe((signal) => running.hear(signal));
  const pendingWork = (work: Work) => (pending: Pending) => work(claimedEvent(core, pending));
  return {
    receive: (event, work) => receive(core, event, pendingWork(work)),
    handleMessage: (message, startReply) => handleMessage(core, message, startReply),
    handleEdit: (edit) => handleEdit(core, edit),
    handleDeletion: (deletion) => handleDeletion(core, deletion),
    handleCommand: (command, refuse) => handleCommand(core, command, refuse),
    compare: (command, startReply) => handleComparison(core, command, startReply),
    claim: (event) => claim(core, event),
    refusal: (asked) => refusal(core, asked),
    remembers: (place) => stores.rounds.count(conversationKey(place)).then(Boolean, () => false),
    isNews: (place, atMs) => isNews(core, place, atMs).catch(() => true),
    stopReply: (action) => press(core, () => stopReply(core, action)),
    regenerate: (action, startReply) => press(core, () => regenerate(core, action, startReply)),
    continueReply: (action, startReply) => press(core, () => continueReply(core, action, startReply)),
    giveFeedback: (action) => press(core, () => giveFeedback(core, action)),
    wantsFeedback: (place) => wantsFeedback(core, place).catch(() => false),
    recover: (where) => recover(core, { ...where, work: pendingWork(where.work) }),
    stop: () => stop(core),
  };
}

async function isNews({ stores }: Core, place: Place, atMs: number): Promise<boolean> {
  const { rounds, generation } = await stores.rounds.read(conversationKey(place));
  return rounds.length === 0 && atMs > Number(generation);
}

function createCore(options: BotCoreOptions): Core {
  const { quotaLimits = {}, quotas = createMemoryQuotaStore() } = options;
  return {
    transcript: createLogTranscript(options.logger),
    words: DEFAULT_WORDS,
    window: DEFAULT_WINDOW,
    maxTokens: DEFAULT_MAX_TOKENS,
    persona: DEFAULT_PERSONA,
    access: OPEN_ACCESS,
    quotaLimits: {},
    feedback: undefined,
    running: new RunningReplies(),
    unheard: new Unheard(options.logger),
    ...options,
    quotas: hasLimits(quotaLimits) ? quotas : undefined,
  };
}

/** What another process reads again is the message itself; its files die with this one. */
async function handleMessage(core: Core, sent: SentMessage, startReply: StartReply): Promise<void> {
  const { eventId, messageId = eventId, attachments = [], ...message } = sent;
  const event = { eventId, messageId, place: message.place, raw: JSON.stringify(message) };
  await receive(core, event, (pending) => pending.answer({ message: { ...message, attachments }, startReply }));
}

/** Its message is done with once its replies are claimed. */
async function compare(core: Core, pending: Pending, command: CommandAsked, startReply: StartReply) {
  const { running, delivery } = pending;
  const { messageId } = delivery.entry;
  const asked = { ...command, messageId, running, onClaimed: () => delivery.end() };
  return await pending.once(() => answerSaidComparison(core, asked, startReply));
}

/** A claimed event as platforms see it. */
function claimedEvent(core: Core, pending: Pending): ClaimedEvent {
  const { entry, state } = pending.delivery;
  const { eventId, messageId, place, raw } = entry;
  return {
    event: { eventId, messageId, place, raw },
    handle: state.handle,
    answer: (message, startReply) => pending.answer({ message, startReply }),
    runCommand: (command, refuse) => pending.once(() => answerSaidCommand(core, command, refuse)),
    compare: (command, startReply) => compare(core, pending, command, startReply),
  };
}
