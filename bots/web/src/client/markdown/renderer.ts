import MarkdownIt from "markdown-it";
import { keepEscaped, markTasks, RENDERER_RULES, readMention, typedParagraph } from "./rules.ts";

/** Where links may lead; everything else stays text. */
const SAFE_LINK = /^(https?:\/\/|mailto:)/i;

/** Markdown as messages use it: no HTML, no images, links in a new tab that show where they lead. */
export const markdown = createMarkdown();
const typed = createTyped();

/** HTML of a Markdown text. It holds only what the rules here write, and is sanitised once more before it is shown. */
export function renderMarkdown(source: string): string {
  return markdown.render(source);
}

/** What a person typed, as HTML: formatted within a line, and code; all else stands as it was typed. Sanitised like a reply. */
export function renderTyped(source: string): string {
  return typed.render(source);
}

function createMarkdown() {
  const md = new MarkdownIt({ html: false, linkify: true, breaks: true });
  md.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  md.validateLink = (url) => SAFE_LINK.test(url);
  md.inline.ruler.before("link", "mention", readMention);
  md.core.ruler.after("inline", "task", markTasks);
  Object.assign(md.renderer.rules, RENDERER_RULES);
  return md;
}

/**
 * Of blocks only fenced code: marks of headings, lists, quotes and tables stay, and so do line breaks and indentation, which
 * the styles show.
 */
function createTyped() {
  const md = createMarkdown();
  md.block.ruler.enableOnly(["fence", "paragraph"]);
  md.block.ruler.at("paragraph", typedParagraph);
  md.inline.ruler.disable(["newline", "entity", "escape", "image"]);
  md.inline.ruler.before("backticks", "typed_escape", keepEscaped);
  return md;
}
