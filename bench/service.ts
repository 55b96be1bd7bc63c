import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  AdminServiceClient,
  type Finished,
  GenerateRequest,
  type GenerateResponse,
  InferenceServiceClient,
  LoadModelRequest,
  ModelServiceClient,
  SamplingParams,
} from "@cria/proto";
import { credentials, Metadata } from "@grpc/grpc-js";
import { freePort } from "../deploy/ports.ts";
import { ROOT } from "../deploy/settings.ts";
import { inferenceProcess } from "../deploy/supervisor/node-processes.ts";

/** The model all figures are of. */
export const MODEL = "smollm2-135m";
const HOST = "127.0.0.1";
const READY_MS = 20_000;
const PROBE = pathToFileURL(join(ROOT, "bench/event-loop-probe.ts")).href;

/** The likeliest token each time, whatever the model's own sampling is. */
export const GREEDY = SamplingParams.fromPartial({
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  temperature: 0,
});

/** One reply as its client sees it. */
export interface TimedReply {
  readonly firstTokenAtMs: number;
  readonly finishedAtMs: number;
  /** When tokens came, how many at once, and their text. */
  readonly arrivals: readonly { readonly atMs: number; readonly tokens: number; readonly text: string }[];
  readonly finished: Finished;
}

/** The inference service in a process of its own, reached through gRPC as the bots reach it. */
export class Service {
  readonly inference: InferenceServiceClient;
  readonly models: ModelServiceClient;
  readonly admin: AdminServiceClient;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.inference = new InferenceServiceClient(address, credentials.createInsecure());
    this.models = new ModelServiceClient(address, credentials.createInsecure());
    this.admin = new AdminServiceClient(address, credentials.createInsecure());
  }

  /** Id of its process. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Starts it on a free port, with variables beside the environment's own, and loads the model. */
  static async start(variables: NodeJS.ProcessEnv = {}): Promise<Service> {
    const port = await freePort(HOST);
    const { command, args, env } = inferenceProcess(
      { ...process.env, CRIA_LOG_LEVEL: "error", ...variables },
      HOST,
      port,
    );
    const child = spawn(command, ["--import", "tsx", "--import", PROBE, ...args], {
      env,
      stdio: ["pipe", "ignore", "inherit", "ipc"],
    });
    const service = new Service(child, `${HOST}:${port}`);
    try {
      await service.#untilReady();
      await service.load();
    } catch (error) {
      await service.stop();
      throw error;
    }
    return service;
  }

  /** Loads the model unless it is loaded. Returns the seconds it took. */
  async load(): Promise<number> {
    const startedAt = performance.now();
    const progress = this.models.loadModel(LoadModelRequest.fromPartial({ name: MODEL, keepAlive: { seconds: -1 } }));
    for await (const _ of progress);
    return (performance.now() - startedAt) / 1000;
  }

  /** Frees the model's memory. */
  async unload(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.models.unloadModel({ name: MODEL }, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Bytes of memory that are its own now. */
  residentBytes(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.admin.getLoad({}, (error, load) => (error ? reject(error) : resolve(load.residentBytes)));
    });
  }

  /** Streams exactly `maxTokens` tokens, drawn with the model's own sampling unless `more` says otherwise. */
  async generate(prompt: string, maxTokens: number, more: Partial<GenerateRequest> = {}): Promise<TimedReply> {
    const arrivals: { atMs: number; tokens: number; text: string }[] = [];
    let finished: Finished | undefined;
    for await (const { event } of this.stream(prompt, maxTokens, more)) {
      if (event?.$case === "delta") {
        const { tokenIds, text } = event.value;
        arrivals.push({ atMs: performance.now(), tokens: tokenIds.length, text });
      }
      if (event?.$case === "finished") finished = event.value;
    }
    if (!finished || !arrivals[0]) throw new Error("the reply ended without a token");
    return { firstTokenAtMs: arrivals[0].atMs, finishedAtMs: performance.now(), arrivals, finished };
  }

  /** The same as it comes. It hangs up when the signal aborts, and then throws. */
  async *stream(
    prompt: string,
    maxTokens: number,
    more: Partial<GenerateRequest> = {},
    signal?: AbortSignal,
  ): AsyncIterable<GenerateResponse> {
    const stopping = { maxTokens, ignoreEos: true, ignoreModelStop: true, ignoreRepetition: true };
    const request = GenerateRequest.fromPartial({ model: MODEL, prompt: [{ text: prompt }], stopping, ...more });
    const call = this.inference.generate(request, new Metadata());
    const hangUp = () => call.cancel();
    signal?.addEventListener("abort", hangUp, { once: true });
    try {
      yield* call as AsyncIterable<GenerateResponse>;
    } finally {
      signal?.removeEventListener("abort", hangUp);
    }
  }

  /** Milliseconds of the longest time its event loop did not turn while `work` ran. */
  async longestGapMs(work: () => Promise<unknown>): Promise<number> {
    await this.#probe("reset");
    await work();
    return this.#probe("read");
  }

  async stop(): Promise<void> {
    for (const client of [this.inference, this.models, this.admin]) client.close();
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 3000);
    if (this.#child.exitCode === null) await once(this.#child, "exit");
    clearTimeout(timer);
  }

  #untilReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.inference.waitForReady(Date.now() + READY_MS, (error) => (error ? reject(error) : resolve()));
    });
  }

  async #probe(message: "reset" | "read"): Promise<number> {
    this.#child.send(message);
    const [value] = await once(this.#child, "message");
    return value;
  }
}
