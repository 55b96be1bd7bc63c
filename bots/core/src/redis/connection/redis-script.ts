import { createHash } from "node:crypto";

/** A script in Lua, which Redis runs as one step. All keys of a script share a hash tag, so it works on one slot of a cluster. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

/** A script of a text that is always the same: Redis keeps each. */
export function defineScript(source: string): RedisScript {
  return { source, sha1: createHash("sha1").update(source).digest("hex") };
}

/** What a single Redis and a cluster both do. */
interface Evaluator {
  eval(source: string, options: EvalOptions): Promise<unknown>;
  evalSha(sha1: string, options: EvalOptions): Promise<unknown>;
}

interface EvalOptions {
  keys: string[];
  arguments: string[];
}

/** By its hash; as text where Redis does not know it yet. */
export async function evaluate(
  client: Evaluator,
  { source, sha1 }: RedisScript,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const options = { keys: [...keys], arguments: args.map(String) };
  return await client.evalSha(sha1, options).catch((error: unknown) => {
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return client.eval(source, options);
  });
}
