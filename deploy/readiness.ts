import { setTimeout as sleep } from "node:timers/promises";
import type { InferenceClient } from "@cria/bot-core";

const POLL_MS = 200;
const PROGRESS_EVERY_MS = 1000;
const BYTES_PER_MB = 1e6;

/** Resolves when the page answers. Rejects when the signal aborts. */
export async function waitForPage(url: string, signal: AbortSignal): Promise<void> {
  while (!(await answers(url, signal))) await sleep(POLL_MS, undefined, { signal });
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/**
 * Loads the default model, telling how far it is at most once a second. What goes wrong is told, not thrown: the other
 * models serve, and the service may be back in a moment. Rejects when the signal aborts.
 */
export async function loadDefaultModel(
  client: InferenceClient,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await untilServing(client, signal);
  let name = "the default model";
  try {
    const model = (await client.listModels()).find((candidate) => candidate.isDefault);
    if (!model) return tell("no model works: `npm run models -- list` tells why, docs/models.md how to get one");
    name = model.name;
    await tellProgress(client, name, tell, signal);
  } catch (error) {
    signal.throwIfAborted();
    tell(`${name} could not be loaded: ${error instanceof Error ? error.message : error}`);
  }
}

/** Whether the service says at once that it serves; false too if nothing was heard when the signal aborts. */
export async function serves(client: InferenceClient, signal: AbortSignal): Promise<boolean> {
  let stopWatching = () => {};
  const answer = new Promise<boolean>((resolve) => {
    stopWatching = client.watchHealth(resolve);
    signal.addEventListener("abort", () => resolve(false), { once: true });
  });
  return await answer.finally(() => stopWatching());
}

/** Resolves when the service says it serves. Rejects when the signal aborts. */
export async function untilServing(client: InferenceClient, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let stopWatching = () => {};
  let onAbort = () => {};
  const serving = new Promise<void>((resolve, reject) => {
    stopWatching = client.watchHealth((isServing) => isServing && resolve());
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
  });
  await serving.finally(() => {
    signal.removeEventListener("abort", onAbort);
    stopWatching();
  });
}

async function tellProgress(
  client: InferenceClient,
  model: string,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  let toldAt = startedAt;
  for await (const { loadedBytes, totalBytes } of client.loadModel(model, signal)) {
    if (performance.now() - toldAt < PROGRESS_EVERY_MS) continue;
    toldAt = performance.now();
    tell(`loading ${model}: ${Math.round(loadedBytes / BYTES_PER_MB)} of ${Math.round(totalBytes / BYTES_PER_MB)} MB`);
  }
  tell(`${model} is loaded (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
}
