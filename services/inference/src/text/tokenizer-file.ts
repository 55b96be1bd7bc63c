import type { AddedToken } from "./added-tokens.ts";
import type { VocabularyKind } from "./token-bytes.ts";

/** A step of the tokenizer's chain: a normalizer, a pre-tokenizer or a decoder. */
interface Step {
  readonly type: string;
  readonly normalizers?: readonly Step[];
  readonly pretokenizers?: readonly Step[];
  readonly decoders?: readonly Step[];
  readonly processors?: readonly Step[];
  /** TemplateProcessing: what a text becomes, as a control token, the text, a control token. */
  readonly single?: readonly { readonly SpecialToken?: { readonly id: string } }[];
}

type Merge = string | readonly [string, string];

/** The parts of a `tokenizer.json` that matter here; the library reads them all. */
export interface TokenizerFile {
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: Step | null;
  readonly pre_tokenizer: Step | null;
  readonly post_processor: Step | null;
  readonly decoder: Step | null;
  readonly model: {
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly Merge[];
    readonly unk_token?: string | null;
  };
}

/** The parts of a parsed `tokenizer.json`. @throws Error naming what is wrong, if it is not a BPE tokenizer */
export function tokenizerFile(content: unknown): TokenizerFile {
  const json = content as Partial<TokenizerFile & { model: { readonly type?: string } }> | null;
  const {
    model,
    added_tokens = [],
    normalizer = null,
    pre_tokenizer = null,
    post_processor = null,
    decoder = null,
  } = json ?? {};
  const type = model?.type ?? "BPE";
  if (type !== "BPE") throw new Error(`tokenizer.json has a model of type ${type}; only BPE is supported`);
  if (!model?.vocab) throw new Error("tokenizer.json has no model.vocab");
  if (!Array.isArray(model.merges)) throw new Error("tokenizer.json has no model.merges");
  return { model, added_tokens: added_tokens ?? [], normalizer, pre_tokenizer, post_processor, decoder };
}

/** Whether the tokenizer puts this token before every text. */
export function addsBefore({ post_processor }: TokenizerFile, token: string): boolean {
  return steps(post_processor).some(({ single }) => single?.[0]?.SpecialToken?.id === token);
}

export function vocabularyKind({ decoder, pre_tokenizer }: TokenizerFile): VocabularyKind {
  const types = new Set([...steps(decoder), ...steps(pre_tokenizer)].map(({ type }) => type));
  if (types.has("ByteLevel")) return "byte-level";
  return types.has("ByteFallback") || types.has("Metaspace") || types.has("Replace") ? "sentencepiece" : "text";
}

function steps(step: Step | null): readonly Step[] {
  if (!step) return [];
  return [
    step,
    ...[step.normalizers, step.pretokenizers, step.decoders, step.processors]
      .flatMap((inner) => inner ?? [])
      .flatMap(steps),
  ];
}

/**
 * The tokenizer as the library wants it, encoding text only: nothing is added at a text's ends, and no text becomes a
 * control token, neither whole nor by merges. Added tokens of white space alone are text and stay.
 */
export function withoutControlTokens(file: TokenizerFile): object {
  const { vocab, merges, unk_token } = file.model;
  const control = new Set(file.added_tokens.filter(isControl).map(({ content }) => content));
  const model = {
    ...file.model,
    vocab: Object.fromEntries(Object.entries(vocab).filter(([token]) => !control.has(token))),
    merges: merges.filter((merge) => !control.has(mergeResult(merge))),
    // Otherwise a character that the vocabulary lacks would become a control token, in some models the end of text.
    unk_token: unk_token && !control.has(unk_token) ? unk_token : null,
  };
  return {
    ...file,
    added_tokens: file.added_tokens.filter((token) => !isControl(token)),
    normalizer: withoutPrefix(file.normalizer),
    pre_tokenizer: withoutPrefix(file.pre_tokenizer),
    post_processor: null,
    model,
  };
}

/** White space is text, and so is a character of its own: no merge makes it, so the text would lose it. */
function isControl({ content, special }: AddedToken): boolean {
  return special === true || !(content.length === 1 || /^[\s▁]+$/u.test(content));
}

/** The token that a merge makes. */
export function mergeResult(merge: Merge): string {
  return typeof merge === "string" ? merge.replace(" ", "") : merge[0] + merge[1];
}

/** The chain without the space it would put before a text. */
function withoutPrefix(step: Step | null): Step | null {
  if (!step || step.type === "Prepend") return null;
  return {
    ...step,
    ...(step.normalizers && { normalizers: step.normalizers.map(withoutPrefix).filter((inner) => inner !== null) }),
    ...(step.pretokenizers && {
      pretokenizers: step.pretokenizers.map(withoutPrefix).filter((inner) => inner !== null),
    }),
    ...(step.type === "ByteLevel" && { add_prefix_space: false }),
    ...(step.type === "Metaspace" && { add_prefix_space: false, prepend_scheme: "never" }),
  };
}
