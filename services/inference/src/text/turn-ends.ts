import type { AddedToken } from "./added-tokens.ts";
import { mergeResult, type TokenizerFile } from "./tokenizer-file.ts";

/**
 * Tokens that end a turn or a text in the chat templates of published models, most of them also in llama.cpp's
 * `special_eog_ids`. Files often name only one of a model's as its end, or say of one that it is text.
 */
const TURN_ENDS = [
  "<|im_end|>", // ChatML
  "<|eot_id|>", // Llama 3, with the next two
  "<|eom_id|>",
  "<|end_of_text|>",
  "<|eot|>", // Llama 4, with the next
  "<|eom|>",
  "<end_of_turn>", // Gemma, with the next two
  "<turn|>",
  "<eos>",
  "<|end|>", // Phi
  "<|endoftext|>", // GPT-2
  "</s>", // LLaMA, Mistral
  "<｜end▁of▁sentence｜>", // DeepSeek, with the next
  "<|EOT|>",
  "<|END_OF_TURN_TOKEN|>", // Command R
  "<|end_of_turn|>", // OpenChat
  "<end_of_utterance>", // SmolVLM
  "[|endofturn|]", // EXAONE
  "<|assistant_end|>", // Apertus
  "<|role_end|>", // Ling
  "<|return|>", // gpt-oss, with the next
  "<|call|>",
  "<|flush|>", // Solar, with the next
  "<|calls|>",
  "<EOT>", // Code Llama and its like
  "_<EOT>",
  "[EOT]", // Kimi, with the next
  "[EOS]",
  "[e~[", // MiniMax
] as const;

/** What tells whether a name means an end in one vocabulary. */
export interface Vocabulary {
  has(token: string): boolean;
  /** Whether merges make the token of a text that spells it. */
  isMerged(token: string): boolean;
}

/** The known tokens that end a turn in a vocabulary, whatever their type there. */
export function turnEnds(vocabulary: Vocabulary): string[] {
  return TURN_ENDS.filter((token) => vocabulary.has(token) && !meansElse(token, vocabulary));
}

function meansElse(token: string, vocabulary: Vocabulary): boolean {
  // Beside these "<|end|>" ends one of the messages that a turn is made of.
  if (token === "<|end|>") return vocabulary.has("<|return|>") || vocabulary.has("<|flush|>");
  // HTML's struck-through text: a merge of Qwen's, one tag of many of Gemma's.
  return token === "</s>" && (vocabulary.isMerged(token) || vocabulary.has("</b>"));
}

/** Of a tokenizer.json: the known tokens that end a turn. */
export function turnEndsOf({ model, added_tokens }: TokenizerFile): string[] {
  const added = new Set(added_tokens.map(({ content }) => content));
  return turnEnds({
    has: (token) => added.has(token) || Object.hasOwn(model.vocab, token),
    isMerged: (token) => model.merges.some((merge) => mergeResult(merge) === token),
  });
}

/** The tokenizer.json with these tokens as control tokens: a prompt can hold them, no text makes them, none shows them. */
export function withControlTokens(file: TokenizerFile, tokens: readonly string[]): TokenizerFile {
  const control = new Set(tokens);
  const added = file.added_tokens.map((token) => (control.has(token.content) ? { ...token, special: true } : token));
  for (const { content } of added) control.delete(content);
  const others = [...control].map(
    (content): AddedToken => ({ id: file.model.vocab[content]!, content, special: true }),
  );
  return { ...file, added_tokens: [...added, ...others] };
}
