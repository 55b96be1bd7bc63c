import type { Logger } from "pino";
import { Answer } from "./answer.ts";
import { runCommand } from "./commands/run-command.ts";
import { workspaceKey } from "./conversation-key.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { InferenceClient } from "./inference-client.ts";
import type { BotCore, IncomingMessage, Reply } from "./platform.ts";
import { createLogTranscript, type Transcript } from "./transcript.ts";
import { DEFAULT_WINDOW } from "./window.ts";

/** What a bot process is made of. */
export interface BotCoreOptions {
  readonly store: ConversationStore;
  readonly inference: InferenceClient;
  readonly logger: Logger;
  /** Default: one log line an exchange, without anyone's words. */
  readonly transcript?: Transcript;
  /** Rounds kept where nobody set another number, 1 to 50. Default 6. */
  readonly window?: number;
}

/** The pipeline that answers messages and commands of every platform. */
export function createBotCore(options: BotCoreOptions): BotCore {
  const { logger } = options;
  const core = { transcript: createLogTranscript(logger), window: DEFAULT_WINDOW, ...options };
  return {
    handleMessage: (message, startReply) => handleMessage(core, message, startReply),
    handleCommand: ({ command, place }) => runCommand(command, { ...core, place }),
  };
}

async function handleMessage(
  core: Required<BotCoreOptions>,
  message: IncomingMessage,
  startReply: () => Promise<Reply>,
): Promise<void> {
  const claim = core.store.claimEvent(`${workspaceKey(message.place)}:${message.eventId}`);
  // A store that cannot be reached is told of in the reply, where the claim is awaited again.
  if (!(await claim.catch(() => true))) return;
  try {
    const reply = await startReply();
    await new Answer(core, message, reply).run(claim);
  } catch (error) {
    core.logger.error({ err: error, eventId: message.eventId }, "the platform did not take a reply");
  }
}
