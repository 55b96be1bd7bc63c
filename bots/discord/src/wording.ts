/** Not an option, as `--workspace`, nor part of a name. */
const WORKSPACE = /(?<![-\w/`])(w)orkspace(s?)(?![-\w`])/gi;

/** The bot's own sentences in Discord's words: what other platforms call a workspace is a server. Quoted lines stay. */
export function inDiscordWords(text: string): string {
  const translate = (line: string) =>
    line.startsWith(">") ? line : line.replace(WORKSPACE, (_, w, s) => `${w === "W" ? "S" : "s"}erver${s}`);
  return text.split("\n").map(translate).join("\n");
}
