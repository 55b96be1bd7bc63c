import { Template } from "@huggingface/jinja";

/** A model's template and what it is rendered with. */
export interface ChatTemplate {
  /** Jinja; "" for a model that uses none, undefined where one is missing. */
  readonly chatTemplate: string | undefined;
  /** The model's persona; "" for none. */
  readonly system: string;
  readonly bosToken: string;
  readonly eosToken: string;
}

const HINT = 'put one in cria.json as promptFormat.template, or choose "completion" there';

/**
 * Why a chat template cannot be used, found by rendering it as the bots do; undefined if it can. A template may refuse a
 * system message: the persona goes before the first message then.
 */
export function chatTemplateFault(model: ChatTemplate): string | undefined {
  const { chatTemplate: template, system } = model;
  if (template === undefined) return "it has no chat template";
  if (template === "") return undefined;
  const user = { role: "user", content: "Hello" };
  const conversations = [[user], ...(system === "" ? [] : [[{ role: "system", content: system }, user]])];
  const faults = conversations.map((messages) => faultOf(() => render(template, model, messages)));
  if (faults.includes(undefined)) return undefined;
  return `its chat template cannot be rendered (${faults[0]}): ${HINT}`;
}

/** Why a text is no template; undefined if it is one. */
export function templateSyntaxFault(template: string): string | undefined {
  return faultOf(() => new Template(template));
}

function render(template: string, { bosToken, eosToken }: ChatTemplate, messages: readonly object[]): string {
  const context = { messages, bos_token: bosToken, eos_token: eosToken, add_generation_prompt: true };
  return new Template(template).render(context);
}

function faultOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return String(error instanceof Error ? error.message : error) || "it fails";
  }
}
