import path from "node:path";
import { chatTemplatePrompt } from "../../bots/core/src/prompt/chat-template.ts";
import type { Conversation, PromptParts } from "../../bots/core/src/prompt/conversation.ts";
import { fewShotPrompt } from "../../bots/core/src/prompt/few-shot.ts";
import { toSegments } from "../../bots/core/src/prompt/segments.ts";
import { ROOT } from "../../deploy/settings.ts";
import type { ModelRunner } from "../../services/inference/src/engine/model-runner.ts";
import { loadTokenizer } from "../../services/inference/src/model-folder/load-tokenizer.ts";
import { type ModelFolder, readModelFolder } from "../../services/inference/src/model-folder/model-folder.ts";
import { loadOnnxModelRunner } from "../../services/inference/src/runtime/onnx-model-runner.ts";
import { encodePrompt } from "../../services/inference/src/text/prompt-encoder.ts";
import type { Tokenizer } from "../../services/inference/src/text/tokenizer.ts";

/** A model folder to be measured, loaded. */
export interface Subject {
  readonly folder: ModelFolder;
  readonly runner: ModelRunner;
  readonly tokenizer: Tokenizer;
}

/** Replies that are generated at once. */
const MAX_NUM_SEQS = 16;
export const MAX_MODEL_LEN = 2048;

/** Loads a model of `models/` by name, its base's weights if it has none. */
export async function loadSubject(name: string): Promise<Subject> {
  const folder = readModelFolder(path.join(ROOT, "models", name));
  const owner = folder.manifest.base ? readModelFolder(path.join(ROOT, "models", folder.manifest.base)) : folder;
  const faults = [...folder.faults, ...owner.faults];
  if (faults.length > 0 || !owner.weights) throw new Error(`models/${name} cannot be loaded: ${faults.join("; ")}`);
  const runner = await loadOnnxModelRunner({
    graphFile: path.join(owner.path, "model.onnx"),
    maxNumSeqs: MAX_NUM_SEQS,
    maxModelLen: MAX_MODEL_LEN,
    device: "cpu",
  });
  return { folder: { ...folder, defaults: owner.defaults }, runner, tokenizer: loadTokenizer(owner.path) };
}

/** What a bot would send for a conversation: tokens and stop strings. */
export async function promptOf({ folder, tokenizer }: Subject, conversation: Conversation) {
  const { parts, stop } = promptParts(folder, conversation);
  const window = { maxModelLen: MAX_MODEL_LEN, maxTokens: folder.manifest.maxTokens ?? 256 };
  const { tokenIds } = await encodePrompt(tokenizer, toSegments(parts), window);
  return { tokenIds, stop: [...stop, ...(folder.manifest.stop ?? [])] };
}

function promptParts({ manifest, defaults, name }: ModelFolder, conversation: Conversation): PromptParts {
  const withPersona = { ...conversation, system: conversation.system || (manifest.system ?? "") };
  const format = manifest.promptFormat;
  switch (format?.type) {
    case "few-shot":
      return fewShotPrompt(format, withPersona);
    case "chat-template": {
      const { bosToken, eosToken } = defaults;
      const template = format.template ?? defaults.chatTemplate ?? "";
      return chatTemplatePrompt({ name, template, bosToken, eosToken }, withPersona);
    }
    default:
      throw new Error(`model ${name} has the format ${format?.type ?? "of its base"}, which is not measured`);
  }
}
