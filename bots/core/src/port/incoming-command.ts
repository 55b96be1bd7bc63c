import type { Command, CommandError } from "./command.ts";
import type { IncomingEvent } from "./message.ts";
import type { PlaceNames } from "./place.ts";

/** A command for the bot by a slash command, a menu or a modal. */
export interface IncomingCommand extends IncomingEvent {
  /** The message's own id, where a message it was, by which its deletion is told. Default: the event's. */
  readonly messageId?: string;
  readonly command: Command;
  /** For a comparison. */
  readonly names?: PlaceNames | undefined;
}

/** A command whose event is claimed. */
export type CommandAsked = Omit<IncomingCommand, "eventId" | "messageId">;

/** A command in a message whose event is claimed, or what is wrong with it. */
export type SaidCommand = Omit<CommandAsked, "command"> & { readonly command: Command | CommandError };

/** Says why a command is not run in a way of the platform's own; answers with what is still to be told as any answer. */
export type Refuse = (sentence: string) => Promise<string | undefined>;

/** Whose an event is, and whether its author may talk to the bot there. */
export type Claim =
  | { readonly type: "claimed" }
  /** Another process answers it. */
  | { readonly type: "taken" }
  | { readonly type: "refused"; readonly sentence: string };
