import { SlackRefusal } from "../api/slack-error.ts";
import { escapedBytes, MAX_BLOCKS_BYTES, MAX_MARKDOWN_LENGTH, MAX_MESSAGE_BLOCKS } from "./limits.ts";

/** A block, an element or a composition object: JSON with a type. */
export type Json = Readonly<Record<string, unknown>>;

const BLOCK_TYPES = new Set([
  "actions",
  "context",
  "context_actions",
  "divider",
  "header",
  "input",
  "markdown",
  "rich_text",
  "section",
]);
const MAX_VIEW_BLOCKS = 100;
/** Most characters of a text object, by where it stands. */
const MAX_SECTION_TEXT = 3_000;
const MAX_HEADER_TEXT = 150;
const MAX_BUTTON_TEXT = 75;
const MAX_ID = 255;
const MAX_BUTTON_VALUE = 2_000;
const MAX_OPTIONS = 100;
const MAX_OPTION_TEXT = 75;
const MAX_OPTION_VALUE = 150;
const MAX_ELEMENTS: Readonly<Record<string, number>> = { actions: 25, context: 10, context_actions: 5 };

/** Checks a message's blocks. Throws `invalid_blocks` or `msg_blocks_too_long`. */
export function checkMessageBlocks(blocks: unknown, textBeside = ""): readonly Json[] {
  const checked = checkBlocks(blocks, MAX_MESSAGE_BLOCKS);
  if (checked.some(({ type }) => type === "input")) throw invalidBlocks("input blocks belong into views");
  const markdown = checked.filter(({ type }) => type === "markdown").map(({ text }) => String(text));
  if (markdown.join("").length > MAX_MARKDOWN_LENGTH)
    throw invalidBlocks("markdown text must be less than 12001 characters");
  const bytes = textsOf(checked).reduce((sum, text) => sum + escapedBytes(text), escapedBytes(textBeside));
  if (bytes > MAX_BLOCKS_BYTES) throw new SlackRefusal("msg_blocks_too_long");
  return checked;
}

/** Checks a view's blocks. */
export function checkViewBlocks(blocks: unknown): readonly Json[] {
  return checkBlocks(blocks, MAX_VIEW_BLOCKS);
}

/** Checks the options that answer a block suggestion; returns what is wrong with them. */
export function optionsFault(options: unknown): string | undefined {
  try {
    checkOptions(options);
    return undefined;
  } catch (error) {
    return String((error as SlackRefusal).fields.response_metadata ?? error);
  }
}

/** Every text people read in the blocks, in order. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    return key === "text" && typeof inner === "string" ? [inner] : textsOf(inner);
  });
}

/** Elements that people can use, with the block each stands in. */
export function elementsOf(blocks: readonly Json[]): { readonly block: Json; readonly element: Json }[] {
  return blocks.flatMap((block) => {
    const elements = [block.elements ?? [], block.element ?? [], block.accessory ?? []].flat() as Json[];
    return elements.filter(({ action_id }) => action_id !== undefined).map((element) => ({ block, element }));
  });
}

function checkBlocks(blocks: unknown, most: number): readonly Json[] {
  if (!Array.isArray(blocks)) throw new SlackRefusal("invalid_blocks_format");
  if (blocks.length > most) throw invalidBlocks(`no more than ${most} items allowed`);
  for (const block of blocks as Json[]) checkBlock(block);
  const ids = (blocks as Json[]).map(({ block_id }) => block_id).filter((id) => id !== undefined);
  if (new Set(ids).size < ids.length) throw invalidBlocks("block_id must be unique");
  return blocks;
}

function checkBlock(block: Json): void {
  const type = String(block.type);
  if (!BLOCK_TYPES.has(type)) throw invalidBlocks(`unsupported block: ${type}`);
  checkBlockText(type, block);
  if (type === "rich_text") return;
  const elements = (block.elements ?? []) as Json[];
  if (elements.length > (MAX_ELEMENTS[type] ?? 0)) throw invalidBlocks(`too many elements in ${type}`);
  if (type in MAX_ELEMENTS && elements.length === 0) throw invalidBlocks(`${type} needs elements`);
  for (const element of [elements, block.element ?? [], block.accessory ?? []].flat()) checkElement(element as Json);
}

function checkBlockText(type: string, { text, label }: Json): void {
  if (type === "section") checkText(text, MAX_SECTION_TEXT, ["mrkdwn", "plain_text"]);
  if (type === "header") checkText(text, MAX_HEADER_TEXT, ["plain_text"]);
  if (type === "input") checkText(label, MAX_HEADER_TEXT, ["plain_text"]);
  if (type === "markdown" && (typeof text !== "string" || text === "")) throw invalidBlocks("markdown needs text");
}

function checkElement(element: Json): void {
  if (element.action_id !== undefined) checkLength("action_id", element.action_id, MAX_ID);
  if (element.value !== undefined) checkLength("value", element.value, MAX_BUTTON_VALUE);
  if (element.type === "button") checkText(element.text, MAX_BUTTON_TEXT, ["plain_text"]);
  if (element.options !== undefined) checkOptions(element.options);
  if (element.initial_option !== undefined) checkOptions([element.initial_option]);
  if (element.type === "feedback_buttons") {
    for (const key of ["positive_button", "negative_button"]) checkFeedbackButton(element[key]);
  }
}

function checkFeedbackButton(button: unknown): void {
  const { text, value } = (button ?? {}) as Json;
  checkText(text, MAX_BUTTON_TEXT, ["plain_text"]);
  checkLength("value", value, MAX_BUTTON_VALUE);
}

function checkOptions(options: unknown): void {
  if (!Array.isArray(options)) throw invalidBlocks("options must be an array");
  if (options.length > MAX_OPTIONS) throw invalidBlocks(`no more than ${MAX_OPTIONS} options allowed`);
  for (const option of options as Json[]) {
    checkText(option.text, MAX_OPTION_TEXT, ["plain_text", "mrkdwn"]);
    checkLength("value", option.value, MAX_OPTION_VALUE);
    if (option.description !== undefined) checkText(option.description, MAX_OPTION_TEXT, ["plain_text", "mrkdwn"]);
  }
}

/** Checks a text object. */
export function checkText(text: unknown, most: number, types: readonly string[]): void {
  const object = (text ?? {}) as Json;
  if (!types.includes(String(object.type))) throw invalidBlocks(`text must be ${types.join(" or ")}`);
  checkLength("text", object.text, most);
}

function checkLength(name: string, value: unknown, most: number): void {
  if (typeof value !== "string" || value === "") throw invalidBlocks(`${name} is missing`);
  if (value.length > most) throw invalidBlocks(`${name} must be less than ${most + 1} characters`);
}

function invalidBlocks(message: string): SlackRefusal {
  return new SlackRefusal("invalid_blocks", { response_metadata: { messages: [`[ERROR] ${message}`] } });
}
