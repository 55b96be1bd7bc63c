/** Whether a text begins with a command, as "/help", or with one that does not exist: not with a path, as "/etc/hosts". */
export function isSlashCommand(text: string): boolean {
  return /^\/\w*(?!\S)/.test(text);
}

/** Whether a text asks that what is being written be stopped. */
export function isStopWord(text: string): boolean {
  return /^\/?stop[.!]?$/i.test(text.trim());
}
