import type { Json } from "./blocks.ts";

/**
 * Blocks as Slack lists them: what was written as Markdown comes back as rich text.
 * https://docs.slack.dev/reference/block-kit/blocks/markdown-block
 */
export function translated(blocks: readonly Json[]): readonly Json[] {
  return blocks.map((block) => (block.type === "markdown" ? richText(String(block.text)) : block));
}

/** The words of rich text that came from Markdown. */
export function wordsOf({ elements }: Json): string {
  const sections = elements as readonly { readonly elements: readonly Json[] }[];
  return sections.flatMap((section) => section.elements.map(({ text }) => String(text))).join("");
}

function richText(text: string): Json {
  return { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }] };
}
