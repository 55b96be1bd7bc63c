import { describe, expect, it } from "vitest";
import { renderMarkdown, renderTyped } from "./renderer.ts";
import { languageOf } from "./rules.ts";

describe("renderMarkdown", () => {
  it.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<b onclick=alert(1)>x</b>",
    "```<script>\n<script>\n```",
    '[x](https://a.example/"onmouseover="alert(1))',
    '![<img src=x onerror=alert(1)>](https://a.example "<b>")',
  ])("writes %j as text", (source) => {
    expect(renderMarkdown(source)).not.toMatch(/<(script|img|b)\b|<[^>]*\son\w+=/i);
  });

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "//x.example",
  ])("makes no link of %j", (target) => {
    expect(renderMarkdown(`[x](${target})`)).not.toContain("<a");
    expect(renderMarkdown(`<${target}>`)).not.toContain("<a");
  });

  it("opens links in a new tab that cannot reach back, and shows where they lead", () => {
    expect(renderMarkdown("[docs](https://example.com/x)")).toBe(
      '<p><a href="https://example.com/x" title="https://example.com/x" target="_blank" rel="noopener noreferrer nofollow" data-host="example.com">docs</a></p>\n',
    );
  });

  it("makes links of bare addresses, but not of words with dots", () => {
    expect(renderMarkdown("see https://example.com now")).toContain('href="https://example.com"');
    expect(renderMarkdown("run main.py of example.com")).not.toContain("<a");
  });

  it("shows an image as a link to it", () => {
    expect(renderMarkdown("![a cria](https://example.com/c.png)")).toContain(">a cria</a>");
  });

  it("marks a mention of the bot, not a part of a word", () => {
    expect(renderMarkdown("hi @Cria!")).toContain('<span class="mention">@Cria</span>!');
    expect(renderMarkdown("x@cria @criatura")).not.toContain("mention");
    expect(renderMarkdown("`@cria`")).not.toContain("mention");
  });

  it("keeps line breaks, as chats do", () => {
    expect(renderMarkdown("one\ntwo")).toContain("<br>");
  });

  it("lets tables scroll by themselves, reachable by keyboard", () => {
    expect(renderMarkdown("| a |\n|---|\n| 1 |")).toMatch(
      /^<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table>/,
    );
  });

  it("draws the boxes of a task list, in items alone, and says what they mean", () => {
    const html = renderMarkdown("- [x] feed the **herd**\n- [ ] shear\n- [y] no\n\n[x] no task\n\n1. [X] rest");
    const box = (className: string, name: string) =>
      `<span class="${className}" role="img" aria-label="${name}"></span>`;
    expect(html).toContain(
      `<li class="task-item">${box("task is-done", "done")} feed the <strong>herd</strong></li>\n` +
        `<li class="task-item">${box("task", "to do")} shear</li>\n<li>[y] no</li>`,
    );
    expect(html).toContain("<p>[x] no task</p>");
    expect(html).toContain(`${box("task is-done", "done")} rest`);
  });

  it("puts a message's headings below the page's own", () => {
    expect(renderMarkdown("# one\n\n## two\n\n###### six\n\nthree\n---")).toBe(
      "<h3>one</h3>\n<h4>two</h4>\n<h6>six</h6>\n<h4>three</h4>\n",
    );
  });
});

describe("renderTyped", () => {
  it.each([
    ["### Response:", "### Response:"],
    ["Title\n===\n\n---", "Title\n===\n\n---"],
    ["- a\n- [x] b\n\n3. c\n7. d", "- a\n- [x] b\n\n3. c\n7. d"],
    ["| a |\n|---|\n| 1 |", "| a |\n|---|\n| 1 |"],
    ["> a\nb", "&gt; a\nb"],
    ["if x:\n    y  \n\n\tz", "if x:\n    y  \n\n\tz"],
    ["[x]: https://example.com", '[x]: <a href="https://example.com"'],
    ["C:\\*.txt and \\*no\\*", "C:\\*.txt and \\*no\\*"],
    ["&amp; <b>x</b>", "&amp;amp; &lt;b&gt;x&lt;/b&gt;"],
  ])("shows %j as it was typed", (source, text) => {
    expect(renderTyped(source)).toContain(`<p>${text}`);
  });

  it("formats within a line, and code, as chats do", () => {
    expect(renderTyped("**a** *b* ~~c~~ `d` https://example.com @cria")).toMatch(
      /^<p><strong>a<\/strong> <em>b<\/em> <s>c<\/s> <code>d<\/code> <a .*<\/a> <span class="mention">@cria<\/span><\/p>\n$/,
    );
    expect(renderTyped("see\n```js\n# x\n```\nend")).toBe(
      '<p>see</p>\n<pre data-language="js"><code># x</code></pre><p>end</p>\n',
    );
  });
});

describe("languageOf", () => {
  it.each([
    ["python", "python"],
    ["C++ title=x", "c++"],
    ["  ", ""],
    ['"><b>', ""],
  ])("reads %j as %j", (info, language) => {
    expect(languageOf(info)).toBe(language);
  });
});
