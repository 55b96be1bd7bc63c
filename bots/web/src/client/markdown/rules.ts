import MarkdownIt, { type RendererRule, type StateBlock, type StateCore, type StateInline } from "markdown-it";
import { mentionAt } from "../../mention.ts";

/** What an item of a task list begins with. */
const TASK = /^\[([ xX])\] /;
/** A mark that is taken for no mark. */
const ESCAPED = /^\\[!-/:-@[-`{-~]/;

const { escapeHtml } = new MarkdownIt().utils;

/** How what is found is written as HTML, by the names of its tokens. */
export const RENDERER_RULES: Readonly<Record<string, RendererRule>> = {
  task: (tokens, index) => taskMark(tokens[index]!.meta?.isDone === true),
  mention: (tokens, index) => `<span class="mention">${escapeHtml(tokens[index]!.content)}</span>`,
  heading_open: (tokens, index) => `<${headingTag(tokens[index]!.tag)}>`,
  heading_close: (tokens, index) => `</${headingTag(tokens[index]!.tag)}>\n`,
  link_open: (tokens, index) => linkStart(tokens[index]!.attrGet("href")),
  // An image is a link to it.
  image: (tokens, index) =>
    `${linkStart(tokens[index]!.attrGet("src"))}${escapeHtml(tokens[index]!.content || "image")}</a>`,
  table_open: () => '<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table>',
  table_close: () => "</table></div>",
  fence: (tokens, index) => codeBlock(tokens[index]!.content, tokens[index]!.info),
  code_block: (tokens, index) => codeBlock(tokens[index]!.content, ""),
};

/** Finds a mention of the bot. */
export function readMention(state: StateInline, silent: boolean): boolean {
  const mention = mentionAt(state.src, state.pos);
  if (mention === undefined) return false;
  if (!silent) state.push("mention", "", 0).content = mention;
  state.pos += mention.length;
  return true;
}

/** Finds the items of a list that say whether they are done. */
export function markTasks({ tokens, Token }: StateCore): void {
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
}

/** Keeps the backslash before a mark, as it was typed. */
export function keepEscaped(state: StateInline, silent: boolean): boolean {
  const escaped = ESCAPED.exec(state.src.slice(state.pos, state.pos + 2))?.[0];
  if (escaped === undefined) return false;
  if (!silent) state.pending += escaped;
  state.pos += escaped.length;
  return true;
}

/** Takes all up to the next block of another kind, with its indentation, for one paragraph. */
export function typedParagraph(state: StateBlock, startLine: number, endLine: number): boolean {
  const enders = state.md.block.ruler.getRules("paragraph");
  const isEnd = (line: number) => enders.some((rule) => rule(state, line, endLine, true));
  let line = startLine + 1;
  while (line < endLine && !isEnd(line)) line++;
  state.push("paragraph_open", "p", 1);
  const inline = state.push("inline", "", 0);
  inline.content = state.getLines(startLine, line, 0, false).trimEnd();
  inline.children = [];
  state.push("paragraph_close", "p", -1);
  state.line = line;
  return true;
}

/** The language a fence names, as "python"; empty if it names none. */
export function languageOf(info: string): string {
  return /^[\w+#.-]{1,32}/.exec(info.trim())?.[0].toLowerCase() ?? "";
}

/** Drawn by the styles. Not a checkbox: nobody can tick it, and a form has no business in a message. */
function taskMark(isDone: boolean): string {
  const [name, classes] = isDone ? ["done", "task is-done"] : ["to do", "task"];
  return `<span class="${classes}" role="img" aria-label="${name}"></span> `;
}

/** Two levels down, as "h3" for "h1", since the page's own headings are of the first two; the last level takes the rest. */
function headingTag(tag: string): string {
  return `h${Math.min(Number(tag.slice(1)) + 2, 6)}`;
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
