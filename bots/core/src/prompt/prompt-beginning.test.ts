import type { PromptFormat } from "@cria/proto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContextMode } from "../port/command.ts";
import { alpaca, CHATML, chatTemplate, fewShot, prompt } from "../testing/prompts.ts";
import type { PromptRound } from "./prompt.ts";

const LLAMA_2 =
  "{% for m in messages %}{% if m.role == 'user' %}{{ bos_token + '[INST] ' + m.content | trim + ' [/INST]' }}{% else %}{{ ' ' + m.content | trim + ' ' + eos_token }}{% endif %}{% endfor %}";

const text = fc
  .array(
    fc.oneof(fc.constantFrom("\nAnn: ", "Bob:", "\nBen 2: ", "[/INST]", "\n### Input:", "\nAI:", " "), fc.string()),
  )
  .map((pieces) => `a${pieces.join("")}`);
const speaker = fc.constantFrom(
  { id: "1", name: "Ann" },
  { id: "2", name: "Ann" },
  { id: "3", name: "Bob: x" },
  { id: "4", name: "AI" },
);
const said = fc.record({ author: speaker, text, context: text, assistant: text });
const conversation = fc.record({
  all: fc.array(said, { minLength: 1, maxLength: 6 }),
  system: fc.oneof(fc.constant(""), text),
  hasInputs: fc.boolean(),
  isDirect: fc.boolean(),
});

/** The prompts of a conversation's messages, each with the rounds before it. */
function* prompts(format: PromptFormat, { all, system, hasInputs, isDirect }: Talk, contextMode: ContextMode) {
  const rounds: PromptRound[] = [];
  for (const { author, text, assistant, ...about } of all) {
    const context = hasInputs ? about.context : undefined;
    const speaker = isDirect ? undefined : author;
    yield prompt(format, { system, contextMode, rounds, text, context, author: speaker });
    rounds.push({ author: author.name, authorId: author.id, user: text, context, assistant });
  }
}
type Talk = typeof conversation extends fc.Arbitrary<infer T> ? T : never;

describe("the beginning of a prompt", () => {
  it.each([
    ["alpaca", alpaca("\n")],
    ["few-shot", fewShot],
    ["ChatML", chatTemplate(CHATML)],
    ["LLaMA 2", chatTemplate(LLAMA_2)],
  ])("is the whole prompt of the message before, under %s", (_, format) => {
    fc.assert(
      fc.property(conversation, (talk) => {
        const all = [...prompts(format, talk, "turns")];
        for (const [index, whole] of all.entries()) expect(whole.startsWith(all[index - 1] ?? "")).toBe(true);
      }),
    );
  });

  it("is what was said before, in alpaca's one instruction", () => {
    fc.assert(
      fc.property(conversation, (talk) => {
        const all = [...prompts(alpaca(), { ...talk, hasInputs: false }, "merged")];
        const said = all.map((whole) => whole.slice(0, whole.lastIndexOf("\n\n### Response:")));
        for (const [index, whole] of all.entries()) expect(whole.startsWith(said[index - 1] ?? "")).toBe(true);
      }),
    );
  });
});
