import { BlockStream, mustBeWhole } from "./block-stream.ts";
import { frameCode, highlightCode } from "./code-block.ts";
import { renderMarkdown, renderTyped } from "./renderer.ts";
import { languageOf } from "./rules.ts";
import { toSafeNodes } from "./safe-dom.ts";
import { type OpenFence, openFence, steadyTail } from "./steady-tail.ts";

/**
 * Shows a Markdown text that grows: settled blocks are built once, only the block being written is built again. A text
 * that has ended is built whole where its blocks need one another, as a link and the address named further down.
 */
export class LiveMarkdown {
  readonly #container: HTMLElement;
  #blocks = new BlockStream();
  #shown = "";
  #isFinal = false;
  #tailNodes: readonly ChildNode[] = [];
  /** The text of a code block that is still open: it grows in place, keeping its scroll position. */
  #openCode: Text | undefined;

  constructor(container: HTMLElement) {
    this.#container = container;
  }

  /** Shows the text so far; `isLive` says that more may come. */
  update(text: string, isLive: boolean): void {
    if (text === this.#shown && this.#isFinal) return;
    // The end may cut what is still being written, as white space, but hardly ever what is settled.
    if (this.#isFinal || !text.startsWith(this.#blocks.settledPart(this.#shown))) this.#restart();
    this.#shown = text;
    this.#isFinal = !isLive;
    if (!isLive && mustBeWhole(text)) this.#showWhole(text);
    else this.#showBlocks(text, isLive);
  }

  #showBlocks(text: string, isLive: boolean): void {
    const { settled, tail } = this.#blocks.update(text);
    if (settled.length > 0) this.#replaceTail([]);
    for (const source of settled) this.#append(source);
    if (isLive) this.#showTail(tail);
    else this.#showEnd(tail);
  }

  #showWhole(text: string): void {
    this.#restart();
    this.#append(text);
  }

  #showEnd(tail: string): void {
    this.#replaceTail([]);
    this.#append(tail);
  }

  #restart(): void {
    this.#blocks = new BlockStream();
    this.#tailNodes = [];
    this.#openCode = undefined;
    this.#container.replaceChildren();
  }

  #append(source: string): void {
    const nodes = build(renderMarkdown(source));
    for (const pre of nodes.querySelectorAll("pre")) void highlightCode(pre);
    this.#container.append(nodes);
  }

  #showTail(tail: string): void {
    const fence = openFence(tail);
    if (fence === undefined) this.#replaceTail([...build(renderMarkdown(steadyTail(tail))).childNodes]);
    else this.#showOpenFence(fence);
  }

  #showOpenFence({ info, code }: OpenFence): void {
    if (this.#openCode === undefined) {
      const { frame, text } = openCodeFrame(languageOf(info));
      this.#replaceTail([frame]);
      this.#openCode = text;
    }
    this.#openCode.appendData(code.slice(this.#openCode.length));
  }

  #replaceTail(nodes: readonly ChildNode[]): void {
    for (const node of this.#tailNodes) node.remove();
    this.#openCode = undefined;
    this.#tailNodes = nodes;
    this.#container.append(...nodes);
  }
}

/** Shows what a person typed. */
export function showTyped(container: HTMLElement, text: string): void {
  const nodes = build(renderTyped(text));
  for (const pre of nodes.querySelectorAll("pre")) void highlightCode(pre);
  container.replaceChildren(nodes);
}

function build(html: string): DocumentFragment {
  const nodes = toSafeNodes(html);
  for (const pre of nodes.querySelectorAll("pre")) frameCode(pre);
  return nodes;
}

function openCodeFrame(language: string): { frame: HTMLElement; text: Text } {
  const pre = document.createElement("pre");
  if (language !== "") pre.dataset.language = language;
  const element = document.createElement("code");
  const text = document.createTextNode("");
  element.append(text);
  pre.append(element);
  const holder = document.createDocumentFragment();
  holder.append(pre);
  return { frame: frameCode(pre), text };
}
