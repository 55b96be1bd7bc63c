/** A server of the model under measurement: ours or a peer. Each reply is greedy and exactly as long as asked for. */
export interface Engine {
  readonly name: string;
  /** Streams a reply. It hangs up when the signal aborts, and then throws. The prompt's control tokens count as such. */
  stream(prompt: string, maxTokens: number, signal?: AbortSignal): AsyncIterable<Piece>;
}

/** A part of a reply as it arrives: text, or at the end the count of tokens. */
export interface Piece {
  readonly text: string;
  /** Tokens that it is of. */
  readonly numTokens: number;
  readonly usage?: { readonly promptTokens: number; readonly completionTokens: number };
}

/** One reply as its client sees it; times are those of `performance.now()`. */
export interface Completion {
  readonly text: string;
  readonly askedAtMs: number;
  readonly arrivals: readonly Arrival[];
  readonly finishedAtMs: number;
  readonly promptTokens: number;
}

/** Text that came at once, at a time as `performance.now()` has it, and its tokens: several of a character, or of a draft. */
export interface Arrival {
  readonly atMs: number;
  readonly numTokens: number;
}

/**
 * Asks and waits for the whole reply.
 * @throws Error when it is shorter or longer than asked for
 */
export async function complete(engine: Engine, prompt: string, maxTokens: number): Promise<Completion> {
  const askedAtMs = performance.now();
  const arrivals: Arrival[] = [];
  let text = "";
  let numTokens = 0;
  let usage: Piece["usage"];
  for await (const piece of engine.stream(prompt, maxTokens)) {
    text += piece.text;
    numTokens += piece.numTokens;
    usage = piece.usage ?? usage;
    if (!piece.text) continue;
    arrivals.push({ atMs: performance.now(), numTokens });
    numTokens = 0;
  }
  if (usage?.completionTokens !== maxTokens || arrivals.length === 0)
    throw new Error(`${engine.name} wrote ${usage?.completionTokens} tokens; ${maxTokens} were asked for`);
  return { text, askedAtMs, arrivals, finishedAtMs: performance.now(), promptTokens: usage.promptTokens };
}

/** Milliseconds from asking to the first text. */
export function timeToFirstTokenMs({ askedAtMs, arrivals }: Completion): number {
  return arrivals[0]!.atMs - askedAtMs;
}

/** Milliseconds a token took after those of the first text: an equal part of the wait for those that came with it. */
export function interTokenLatenciesMs({ arrivals }: Pick<Completion, "arrivals">): readonly number[] {
  return arrivals.slice(1).flatMap(({ atMs, numTokens }, index) => {
    const waitMs = atMs - arrivals[index]!.atMs;
    return Array.from({ length: numTokens }, () => waitMs / numTokens);
  });
}

/** Milliseconds of the longest wait for text that ended after `fromMs`; one that lasts at `toMs` counts until then. */
export function longestWaitMs(arrivals: readonly Arrival[], fromMs: number, toMs: number): number {
  const last = arrivals.findLast(({ atMs }) => atMs <= fromMs)?.atMs ?? fromMs;
  const timesMs = arrivals.map(({ atMs }) => atMs).filter((atMs) => atMs > last && atMs < toMs);
  return Math.max(...[...timesMs, toMs].map((atMs, index) => atMs - (timesMs[index - 1] ?? last)));
}
