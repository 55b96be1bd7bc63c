import MarkdownIt from "markdown-it";
import { mentionAt } from "../../mention.ts";

/** Where links may lead; everything else stays text. */
const SAFE_LINK = /^(https?:\/\/|mailto:)/i;

/** Markdown as messages use it: no HTML, no images, links in a new tab that show where they lead. */
export const markdown = createMarkdown();

/** HTML of a Markdown text. It holds only what the rules here write, and is sanitised once more before it is shown. */
export function renderMarkdown(source: string): string {
  return markdown.render(source);
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
  md.renderer.rules.mention = (tokens, index) => `<span class="mention">${escapeHtml(tokens[index]!.content)}</span>`;
  md.renderer.rules.link_open = (tokens, index) => linkStart(tokens[index]!.attrGet("href"));
  md.renderer.rules.image = (tokens, index) => {
    const token = tokens[index]!;
    return `${linkStart(token.attrGet("src"))}${escapeHtml(token.content === "" ? "image" : token.content)}</a>`;
  };
  md.renderer.rules.table_open = () => '<div class="table-scroll" tabindex="0"><table>';
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

/** The language a fence names, as "python"; empty if it names none. */
export function languageOf(info: string): string {
  return /^[\w+#.-]{1,32}/.exec(info.trim())?.[0].toLowerCase() ?? "";
}
