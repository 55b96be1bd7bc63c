/** Text that people or a model wrote, without what a terminal would obey; line breaks and tabs stay. */
export function terminalText(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]+/gu, "");
}
