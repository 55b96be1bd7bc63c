import type { GenerateRequest, GenerateResponse, LoadModelResponse, Model } from "@cria/proto";

/** A request with what has no default; the rest is the service's. */
export type GenerateOptions = Pick<GenerateRequest, "model" | "prompt"> & Partial<GenerateRequest>;

/** What bots need of the inference service. Failures are `BotError`s with a sentence for people; an aborted signal throws its reason. */
export interface InferenceClient {
  /** As they were within the last second, unless a call has failed or loaded a model since. */
  listModels(): Promise<readonly Model[]>;
  loadModel(name: string, signal: AbortSignal): AsyncIterable<LoadModelResponse>;
  generate(request: GenerateOptions, signal: AbortSignal): AsyncIterable<GenerateResponse>;
  /** Requests ahead of a new one for this model. */
  queueLength(model: string): Promise<number>;
  /** Whether the service is reachable and serving; calls back on each change. Returns a function that stops watching. */
  watchHealth(onChange: (isServing: boolean) => void): () => void;
  close(): void;
}
