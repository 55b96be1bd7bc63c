import MarkdownIt from "markdown-it";
import { mentionAt } from "../../mention.ts";

/** Where links may lead; everything else stays text. */
const SAFE_LINK = /^(https?:\/\/|mailto:)/i;

/** What an item of a task list begins with. */
const TASK = /^\[([ xX])\] /;

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

/**
 * Of blocks only fenced code: marks of headings, lists, quotes and tables stay, and so do line breaks and indentation, which
 * the styles show.
 */
function createTyped() {
  const md = createMarkdown();
  md.block.ruler.enableOnly(["fence", "paragraph"]);
  md.inline.ruler.disable(["newline", "entity", "escape", "image"]);
  md.inline.ruler.before("backticks", "typed_escape", (state, silent) => {
    const escaped = /^\\[!-/:-@[-`{-~]/.exec(state.src.slice(state.pos, state.pos + 2))?.[0];
    if (escaped === undefined) return false;
    if (!silent) state.pending += escaped;
    state.pos += escaped.length;
    return true;
  });
  md.block.ruler.at("paragraph", (state, startLine, endLine) => {
    const isEnd = (line: number) =>
      md.block.ruler.getRules("paragraph").some((rule) => rule(state, line, endLine, true));
    let line = startLine + 1;
    while (line < endLine && !isEnd(line)) line++;
    state.push("paragraph_open", "p", 1);
    const inline = state.push("inline", "", 0);
    inline.content = state.getLines(startLine, line, 0, false).trimEnd();
    inline.children = [];
    state.push("paragraph_close", "p", -1);
    state.line = line;
    return true;
  });
  return md;
}

function createMarkdown() {
  const md = new MarkdownIt({ html: false, linkify: true, breaks: true });
  md.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  md.validateLink = (url) => SAFE_LINK.test(url);
  md.inline.ruler.before("link", "mention", (state, silent) => {
    const mention = mentionAt(state.src, state.pos);
    if (mention === undefined) return false;
    if (!silent) state.push("mention", "", 0).content = mention;
    state.pos += mention.length;
    return true;
  });
  md.core.ruler.after("inline", "task", ({ tokens, Token }) => {
    tokens.forEach((token, index) => {
      const [text] = token.children ?? [];
      const mark = tokens[index - 2]?.type === "list_item_open" && text?.type === "text" && TASK.exec(text.content);
      if (!text || !mark) return;
      text.content = text.content.slice(mark[0].length);
      const task = new Token("task", "", 0);
      task.meta = { isDone: mark[1] !== " " };
      token.children!.unshift(task);
      tokens[index - 2]!.attrJoin("class", "task-item");
    });
  });
  // Drawn by the styles. Not a checkbox: nobody can tick it, and a form has no business in a message.
  md.renderer.rules.task = (tokens, index) => {
    const [name, state] = tokens[index]!.meta?.isDone ? ["done", "task is-done"] : ["to do", "task"];
    return `<span class="${state}" role="img" aria-label="${name}"></span> `;
  };
  // The page's own headings are of the first two levels.
  md.renderer.rules.heading_open = (tokens, index) => `<${headingTag(tokens[index]!.tag)}>`;
  md.renderer.rules.heading_close = (tokens, index) => `</${headingTag(tokens[index]!.tag)}>\n`;
  md.renderer.rules.mention = (tokens, index) => `<span class="mention">${escapeHtml(tokens[index]!.content)}</span>`;
  md.renderer.rules.link_open = (tokens, index) => linkStart(tokens[index]!.attrGet("href"));
  md.renderer.rules.image = (tokens, index) => {
    const token = tokens[index]!;
    return `${linkStart(token.attrGet("src"))}${escapeHtml(token.content === "" ? "image" : token.content)}</a>`;
  };
  md.renderer.rules.table_open = () => '<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table>';
  md.renderer.rules.table_close = () => "</table></div>";
  md.renderer.rules.fence = (tokens, index) => codeBlock(tokens[index]!.content, tokens[index]!.info);
  md.renderer.rules.code_block = (tokens, index) => codeBlock(tokens[index]!.content, "");
  return md;

  function escapeHtml(text: string): string {
    return md.utils.escapeHtml(text);
  }

  function linkStart(target: string | number | null): string {
    const href = String(target ?? "");
    const host = URL.canParse(href) ? new URL(href).host : "";
    const shown = host === "" ? "" : ` data-host="${escapeHtml(host)}"`;
    return `<a href="${escapeHtml(href)}" title="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer nofollow"${shown}>`;
  }

  function codeBlock(content: string, info: string): string {
    const language = languageOf(info);
    const attribute = language === "" ? "" : ` data-language="${escapeHtml(language)}"`;
    return `<pre${attribute}><code>${escapeHtml(content.replace(/\n$/, ""))}</code></pre>`;
  }
}

/** Two levels down, as "h3" for "h1"; the last level takes the rest. */
function headingTag(tag: string): string {
  return `h${Math.min(Number(tag.slice(1)) + 2, 6)}`;
}

/** The language a fence names, as "python"; empty if it names none. */
export function languageOf(info: string): string {
  return /^[\w+#.-]{1,32}/.exec(info.trim())?.[0].toLowerCase() ?? "";
}
