import type { CommandAsked, Refuse, SaidCommand } from "./incoming-command.ts";
import type { IncomingMessage, ReceivedEvent } from "./message.ts";
import type { StartReply } from "./reply.ts";

/** An event that this process has claimed: it becomes one of these, or nothing. */
export interface ClaimedEvent {
  readonly event: ReceivedEvent;
  /** What an earlier process had begun to show for it, as its `Reply` gave it. */
  readonly handle: string | undefined;
  /** Answers it as a message. Resolves when the reply has ended, however it ended; rejects with the platform's error where none can begin. */
  answer(message: IncomingMessage, startReply: StartReply): Promise<void>;
  /**
   * Answers it as a command, as `BotCore.handleCommand` does, or says what is wrong with it. Why somebody may not run it is
   * said once in a while, where `refuse` does not say it to them alone.
   */
  runCommand(command: SaidCommand, refuse?: Refuse): Promise<string | undefined>;
  /** Answers it as a comparison, as `BotCore.compare` does; why somebody may not is said once in a while. */
  compare(command: CommandAsked, startReply: StartReply): Promise<string | undefined>;
}
