import { describe, expect, it } from "vitest";
import { renderMarkdown } from "./renderer.ts";
import { openFence, steadyTail } from "./steady-tail.ts";

describe("steadyTail", () => {
  it.each([
    ["plain text", "plain text"],
    ["a **bol", "a **bol**"],
    ["a **bold", "a **bold**"],
    ["a *it", "a *it*"],
    ["a ***both", "a ***both***"],
    ["a ~~gone", "a ~~gone~~"],
    ["a **bold** and", "a **bold** and"],
    ["a **bold *it", "a **bold *it***"],
    ["3 * 4 is", "3 * 4 is"],
    ["* item **b", "* item **b**"],
    ["snake_case_name", "snake_case_name"],
    ["a `cod", "a `cod`"],
    ["a `", "a "],
    ["a `code` b", "a `code` b"],
    ["`**not bold", "`**not bold`"],
    ["a ``co`de", "a ``co`de``"],
  ])("closes what is open in %j", (tail, shown) => {
    expect(steadyTail(tail)).toBe(shown);
  });

  it.each([
    ["see [doc", "see doc"],
    ["see [docs]", "see docs"],
    ["see [docs](", "see docs"],
    ["see [docs](https://exa", "see docs"],
    ["see **[docs](https://exa", "see **docs**"],
    ["see [docs](https://example.com)", "see [docs](https://example.com)"],
    ["look ![a pic](https://exa", "look a pic"],
  ])("shows the words of %j before its address is whole", (tail, shown) => {
    expect(steadyTail(tail)).toBe(shown);
  });

  it.each([
    "text\n-",
    "text\n==",
    "text\n#",
    "text\n>",
    "text\n1",
    "text\n1.",
    "text\n```",
    "text\n***",
    "- a\n- [",
    "- a\n- [x",
    "- a\n1. [ ]",
  ])("waits for more after the marks of %j", (tail) => {
    expect(renderMarkdown(steadyTail(tail))).toBe(renderMarkdown(tail.slice(0, tail.indexOf("\n") + 1)));
  });

  it.each([
    ["- item\n\n  ```js\n  const a = `b", "const a = `b"],
    ["1. item\n   ```js\n   **x\n   ``", "**x"],
    ["> ~~~\n> [a", "[a"],
  ])("leaves the code alone of the fence inside %j", (tail, code) => {
    expect(renderMarkdown(steadyTail(tail))).toContain(`<code>${code}</code></pre>`);
  });

  it.each(["- item\n\n  ```j", "- item\n\n  ```", "- item\n- ~~~", "- item\n- ```js"])(
    "waits for the fence that the end of %j begins",
    (tail) => {
      expect(renderMarkdown(steadyTail(tail))).not.toMatch(/<code>|[`~]/);
    },
  );

  it.each(["- a\n  ```\n  x\n\n  y\n  ```\n  mo", "```\nx\n\ny\n```\nmo"])(
    "takes the end of the fence in %j for no code within a sentence",
    (tail) => {
      expect(steadyTail(tail)).toBe(tail);
    },
  );

  it.each(["| a |", "| a | b |\n", "| a | b |\n| -", "| a | b |\n|---|--"])(
    "waits for the table that %j begins",
    (tail) => {
      expect(steadyTail(tail)).toBe("");
      expect(steadyTail(`- item\n\n${tail}`).trim()).toBe("- item");
    },
  );

  it("shows a table as soon as it is one", () => {
    expect(renderMarkdown(steadyTail("| a | b |\n|---|---|\n| 1 |"))).toContain("<td>1</td>");
  });

  it("never takes back a bold word that it has shown, as the text grows", () => {
    const text = "It is **very important** to read [the docs](https://example.com) and `run it`.";
    for (let end = 1; end <= text.length; end++) {
      const html = renderMarkdown(steadyTail(text.slice(0, end)));
      expect(html).not.toMatch(/\*|`|\[|\]\(/);
    }
  });
});

describe("openFence", () => {
  it.each([
    ["```python\nprint(1)\n", { info: "python", code: "print(1)" }],
    ["```python\nprint(1)\nx", { info: "python", code: "print(1)\nx" }],
    ["~~~\na\n```", { info: "", code: "a\n```" }],
    ["```\na\n``", { info: "", code: "a" }],
    ["````md\n```\na\n", { info: "md", code: "```\na" }],
  ])("reads the code so far of %j", (tail, fence) => {
    expect(openFence(tail)).toEqual(fence);
  });

  it.each(["text", "```py", "```\na\n```", "```\na\n```\nafter", "`a`"])("finds none in %j", (tail) => {
    expect(openFence(tail)).toBeUndefined();
  });
});
