import { escapeMrkdwn } from "../reply/message-text.ts";

/** A part of a message: a block, an element of one, or an attachment. Apps send what they like, so every field may be missing or strange. */
export type Part = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 8;

/** What people read in blocks, in Slack's own writing: lines of text with `<@U1>`, `<#C1>` and links. Buttons and fields to fill in are left out. */
export function blocksText(blocks: unknown): string {
  return lines(parts(blocks).map((block) => blockText(block)));
}

function blockText(block: Part): string {
  switch (block.type) {
    case "actions":
    case "context_actions":
    case "divider":
    case "input":
      return "";
    case "rich_text":
      return lines(parts(block.elements).map((element) => richText(element, 0)));
    case "section":
      return lines([textOf(block.text), ...parts(block.fields).map(textOf)]);
    case "context":
      return words(parts(block.elements).map((element) => textOf(element) || altText(element)));
    case "image":
      return altText(block);
    case "table":
      return lines(rows(block.rows).map((row) => row.map((cell) => oneLine(cellText(cell))).join(" | ")));
    case "header":
    case "markdown":
      return textOf(block.text);
    default:
      return lines(textsWithin(block, 0));
  }
}

/** Of a text object, or of a text as it is. */
export function textOf(text: unknown): string {
  if (typeof text === "string") return text;
  const { text: inner } = part(text);
  return typeof inner === "string" ? inner : "";
}

function altText({ alt_text, title }: Part): string {
  const said = textOf(title) || textOf(alt_text);
  return said === "" ? "" : `(picture: ${said})`;
}

function cellText(cell: Part): string {
  return cell.type === "rich_text" ? blockText(cell) : textOf(cell.text);
}

function richText(element: Part, depth: number): string {
  if (depth > MAX_DEPTH) return "";
  const inner = parts(element.elements).map((child) => richText(child, depth + 1));
  switch (element.type) {
    case "rich_text_section":
      return inner.join("");
    case "rich_text_list":
      return inner.map((item, index) => `${listIndent(element)}${listMark(element, index)} ${item}`).join("\n");
    case "rich_text_quote":
      return inner.join("").replace(/^/gm, "&gt; ");
    case "rich_text_preformatted":
      return `\`\`\`\n${inner.join("")}\n\`\`\``;
    default:
      return inlineText(element);
  }
}

const listIndent = ({ indent }: Part) => "  ".repeat(Math.min(Number(indent) || 0, MAX_DEPTH));
const listMark = ({ style, offset }: Part, index: number) =>
  style === "ordered" ? `${index + 1 + (Number(offset) || 0)}.` : "-";

/** Ids stay what they are in Slack's writing, so that their names are looked up with all others. */
function inlineText(element: Part): string {
  const { type, user_id, channel_id, usergroup_id, range, url, text, name, timestamp, format, fallback } = element;
  switch (type) {
    case "user":
      return `<@${user_id}>`;
    case "channel":
      return `<#${channel_id}>`;
    case "usergroup":
      return `<!subteam^${usergroup_id}>`;
    case "broadcast":
      return `<!${range}>`;
    case "link":
      return text === undefined ? `<${url}>` : `<${url}|${escaped(text)}>`;
    case "emoji":
      return `:${name}:`;
    case "date":
      return `<!date^${timestamp}^${format}${fallback === undefined ? "" : `|${escaped(fallback)}`}>`;
    default:
      return escaped(text ?? element.value);
  }
}

/** Rich text holds its words as they are; Slack's writing has entities. */
const escaped = (text: unknown) => (typeof text === "string" ? escapeMrkdwn(text) : "");

/** Every text in a kind of block that is not known here. */
function textsWithin(value: unknown, depth: number): readonly string[] {
  if (depth > MAX_DEPTH || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((inner) => textsWithin(inner, depth + 1));
  return Object.entries(value).flatMap(([key, inner]) => {
    const isText = typeof inner === "string" && ["text", "title", "subtitle", "description"].includes(key);
    return isText ? [inner] : textsWithin(inner, depth + 1);
  });
}

export const lines = (texts: readonly string[]) => texts.filter((text) => text.trim() !== "").join("\n");
const words = (texts: readonly string[]) => texts.filter((text) => text !== "").join(" ");
const oneLine = (text: string) => text.replace(/\s*\n\s*/g, " ").trim();
const part = (value: unknown): Part => (typeof value === "object" && value !== null ? (value as Part) : {});
export const parts = (value: unknown): readonly Part[] => (Array.isArray(value) ? value.map(part) : []);
const rows = (value: unknown): readonly (readonly Part[])[] => (Array.isArray(value) ? value.map(parts) : []);
