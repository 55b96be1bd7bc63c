/** The tokens that begin and end a text. */
export interface SpecialTokens {
  readonly bosToken: string;
  /** Undefined unless the tokenizer puts it before every text: some name one that no prompt begins with. */
  readonly bosTokenId: number | undefined;
  readonly eosTokenIds: readonly number[];
}

interface SpecialTokenSources {
  readonly config: TokenizerConfig;
  /** Of the files beside the tokenizer's that name such tokens. */
  readonly configs: readonly unknown[];
  /** Tokens that end a reply by their name, whatever the files say of them. */
  readonly knownEnds: readonly string[];
  /** Whether tokenizer.json puts this token before a text, where the config does not say. */
  addsBos(token: string): boolean;
  idOf(token: string): number | undefined;
}

/** The parts of `tokenizer_config.json` that matter here. */
export interface TokenizerConfig {
  readonly bos_token?: unknown;
  readonly add_bos_token?: unknown;
  readonly eos_token?: unknown;
}

interface ModelConfig {
  readonly eos_token_id?: unknown;
  readonly model?: { readonly eos_token_id?: unknown };
}

/**
 * The special tokens that a model folder's files name. Files often disagree on what ends a reply (a base model's
 * end of text, a chat model's end of turn), so every token that any of them names ends it, tokenizer_config.json's first, and
 * every one that is known to end a turn.
 * @throws Error if none names one
 */
export function specialTokens({ config, configs, knownEnds, addsBos, idOf }: SpecialTokenSources): SpecialTokens {
  const bosToken = configuredToken(config.bos_token);
  const bosTokenId = (config.add_bos_token ?? addsBos(bosToken)) ? idOf(bosToken) : undefined;
  const named = [idOf(configuredToken(config.eos_token)), ...configs.flatMap(eosIds), ...knownEnds.map(idOf)];
  const eosTokenIds = [...new Set(named)].filter((id) => id !== undefined);
  if (eosTokenIds.length > 0) return { bosToken, bosTokenId, eosTokenIds };
  throw new Error(
    "no end-of-sequence token: name it as eos_token in tokenizer_config.json or eos_token_id in generation_config.json",
  );
}

/** Text of a token in `tokenizer_config.json`: it stands there as its text, or as an object with it. */
export function configuredToken(token: unknown): string {
  if (typeof token === "string") return token;
  const content = (token as { readonly content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : "";
}

function eosIds(content: unknown): number[] {
  const config = content as ModelConfig | null;
  return [config?.eos_token_id ?? config?.model?.eos_token_id].flat().filter((id) => Number.isInteger(id)) as number[];
}
