import { copyText } from "../copy-text.ts";
import { toSafeNodes } from "./safe-dom.ts";

/** Longer code is shown plain: colouring it would stop the page for a moment. */
const MAX_HIGHLIGHTED_LENGTH = 20_000;

/** Puts a block of code into its frame: a bar with its language and Copy, and a scroll bar of its own. */
export function frameCode(pre: HTMLPreElement): HTMLElement {
  const frame = document.createElement("div");
  frame.className = "code-block";
  const bar = document.createElement("div");
  bar.className = "code-bar";
  const language = document.createElement("span");
  language.textContent = pre.dataset.language ?? "";
  bar.append(language, copyButton(pre));
  pre.replaceWith(frame);
  pre.tabIndex = 0;
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", `Code ${pre.dataset.language ?? ""}`.trim());
  pre.dir = "ltr";
  frame.append(bar, pre);
  return frame;
}

/** Colours a block of code that will not change any more. */
export async function highlightCode(pre: HTMLPreElement): Promise<void> {
  const code = pre.querySelector("code");
  const language = pre.dataset.language;
  const text = code?.textContent ?? "";
  if (code === null || language === undefined || text.length > MAX_HIGHLIGHTED_LENGTH) return;
  const { highlight } = await import("./code-highlighter.ts");
  const html = highlight(text, language);
  if (html !== undefined) code.replaceChildren(toSafeNodes(html));
}

function copyButton(pre: HTMLPreElement): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet-button";
  const show = (label: string) => {
    button.textContent = label;
    button.setAttribute("aria-label", `${label} code`);
  };
  show("Copy");
  button.addEventListener("click", async () => {
    show((await copyText(pre.textContent)) ? "Copied" : "Not copied");
    setTimeout(() => show("Copy"), 1_500);
  });
  return button;
}
