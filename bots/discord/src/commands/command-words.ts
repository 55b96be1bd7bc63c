import type { ChatInputCommandInteraction } from "discord.js";

/** A slash command as the words that any platform takes, as "/model --channel smollm2-135m". */
export function commandWords({
  commandName,
  options,
}: Pick<ChatInputCommandInteraction, "commandName" | "options">): string {
  const scope = options.getString("where");
  const values = options.data.filter(({ name }) => name !== "where").map(({ value }) => value);
  return [`/${commandName}`, scope && `--${scope}`, ...values].filter((word) => word !== null && word !== "").join(" ");
}

/** Whether a command only looks: its answer is for the one who asked. */
export function isLook({
  commandName,
  options,
}: Pick<ChatInputCommandInteraction, "commandName" | "options">): boolean {
  if (commandName === "status" || commandName === "help") return true;
  if (commandName === "setting") return options.getString("state") === null;
  return commandName !== "reset" && options.data.every(({ name }) => name === "where");
}
