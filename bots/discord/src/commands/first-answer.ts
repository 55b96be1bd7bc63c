import { type ButtonInteraction, type ChatInputCommandInteraction, RESTJSONErrorCodes } from "discord.js";
import { errorCode } from "../reply/discord-errors.ts";

/**
 * Waits for the first answer to an interaction; false where it came too late. One that Discord has already may be this process's
 * own, whose confirmation was lost, or another's: whoever claims the event then goes on.
 */
export async function isInTime(
  interaction: ChatInputCommandInteraction | ButtonInteraction,
  firstAnswer: Promise<unknown>,
): Promise<boolean> {
  try {
    await firstAnswer;
  } catch (error) {
    if (errorCode(error) === RESTJSONErrorCodes.UnknownInteraction) return false;
    if (errorCode(error) !== RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged) throw error;
    // Without it discord.js sends nothing after the first answer.
    interaction.deferred = true;
  }
  return true;
}
