import type { PromptFormat, PromptSegment } from "@cria/proto";
import { type PromptOptions, type PromptRound, renderPrompt } from "../prompt/prompt.ts";
import { fakeModel } from "./fake-model.ts";

/** The template of many models, as Qwen and SmolLM. */
export const CHATML =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

export const alpaca = (responseSuffix = ""): PromptFormat => ({
  format: { $case: "alpaca", value: { responseSuffix } },
});
export const fewShot: PromptFormat = {
  format: {
    $case: "fewShot",
    value: {
      instruction: "A talk of a person with an AI.",
      examples: [
        { human: "Who are you?", ai: "I am an AI." },
        { human: "Good.", ai: "Indeed." },
      ],
      humanTitle: "Human",
      aiTitle: "AI",
    },
  },
};
export const chatTemplate = (template: string): PromptFormat => ({
  format: { $case: "chatTemplate", value: { template } },
});
export const completion: PromptFormat = { format: { $case: "completion", value: {} } };

/** A round of Ann's. */
export const round = (user: string, assistant: string, context?: string): PromptRound => ({
  author: "Ann",
  user,
  assistant,
  ...(context && { context }),
});
export const rounds = [round("Name a bird.", "The wren."), round("Another.", "The owl.")];

/** What Generate gets for "And a fish?", asked without history, where the options say nothing else. */
export const render = (promptFormat: PromptFormat, options: Partial<PromptOptions> = {}, model = {}) =>
  renderPrompt(fakeModel({ promptFormat, ...model }), {
    system: "",
    contextMode: "turns",
    rounds: [],
    text: "And a fish?",
    ...options,
  });
export const textOf = (segments: readonly PromptSegment[]) => segments.map(({ text }) => text).join("");
/** As `render`, as one text. */
export const prompt = (...args: Parameters<typeof render>) => textOf(render(...args).segments);
