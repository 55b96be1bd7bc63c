import {
  AdminServiceClient,
  GenerateRequest,
  type GetLoadResponse,
  InferenceServiceClient,
  type ListModelsResponse,
  ModelServiceClient,
} from "@cria/proto";
import { Channel, type ClientReadableStream, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { watchHealth } from "./health-watch.ts";
import type { InferenceClient } from "./inference-client.ts";
import { createRecentModels } from "./recent-models.ts";
import { toBotError } from "./service-error.ts";

/** Longest time a call may take, in milliseconds. */
interface Deadlines {
  /** Listing models. Default 5,000. */
  readonly listMs: number;
  /** Loading a model. Default 600,000: large weights from a slow disk. */
  readonly loadMs: number;
  /** A reply, its wait included. Default 600,000. */
  readonly generateMs: number;
}

const DEFAULT_DEADLINES: Deadlines = { listMs: 5_000, loadMs: 600_000, generateMs: 600_000 };
/** The load is a nicety in a waiting reply and in `/status`: nobody waits long for it. */
const LOAD_DEADLINE_MS = 1_000;

/** A stream that has said all is given so long to end by itself, in milliseconds; then it is hung up. */
const END_MS = 1_000;

/** gRPC's own defaults wait up to two minutes to connect again and never notice a peer that hangs. */
const CHANNEL_OPTIONS = {
  "grpc.initial_reconnect_backoff_ms": 200,
  "grpc.max_reconnect_backoff_ms": 1_500,
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.max_receive_message_length": 16 * 1024 * 1024,
};

/** How to reach the inference service. */
export interface InferenceClientOptions {
  /** As `127.0.0.1:50051`. */
  readonly address: string;
  /** The service's `CRIA_TOKEN`, if it has one. */
  readonly token?: string | undefined;
  readonly deadlines?: Partial<Deadlines>;
}

/** A client over one connection, which comes back by itself. Its failures are `BotError`s. */
export function createInferenceClient({ address, token, deadlines }: InferenceClientOptions): InferenceClient {
  const { listMs, loadMs, generateMs } = { ...DEFAULT_DEADLINES, ...deadlines };
  const channel = new Channel(address, credentials.createInsecure(), CHANNEL_OPTIONS);
  const connection = [address, credentials.createInsecure(), { channelOverride: channel }] as const;
  const inference = new InferenceServiceClient(...connection);
  const models = new ModelServiceClient(...connection);
  const admin = new AdminServiceClient(...connection);
  const metadata = new Metadata();
  if (token) metadata.set("authorization", `Bearer ${token}`);
  const recent = createRecentModels(async () => {
    const list = (answer: Answer<ListModelsResponse>) => models.listModels({}, metadata, within(listMs), answer);
    return (await unary(list)).models;
  });
  return {
    listModels: recent.list,
    loadModel: (name, signal) => {
      const open = () => models.loadModel({ name, keepAlive: undefined }, metadata, within(loadMs));
      return stream(open, { signal, onEnd: recent.forget });
    },
    generate: (request, signal) => {
      const message = GenerateRequest.fromPartial(request);
      const open = () => inference.generate(message, metadata, within(generateMs));
      // What was listed may be why: a model that is gone, another service that serves now.
      return stream(open, { signal, isLast: ({ event }) => event?.$case === "finished", onFailure: recent.forget });
    },
    queueLength: async (model) => {
      const load = (answer: Answer<GetLoadResponse>) => admin.getLoad({}, metadata, within(LOAD_DEADLINE_MS), answer);
      return requestsAhead(await unary(load), model);
    },
    watchHealth: (onChange) => watchHealth(connection, metadata, onChange),
    close: () => channel.close(),
  };
}

type Answer<T> = (error: ServiceError | null, response: T) => void;

const within = (ms: number) => ({ deadline: Date.now() + ms });

function unary<T>(call: (answer: Answer<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error ? reject(toBotError(error)) : resolve(response)));
  });
}

/** What else a stream does. */
interface StreamOptions<T> {
  readonly signal: AbortSignal;
  /** Whether nothing more is awaited behind a message. Default: what comes is read to the end. */
  readonly isLast?: (message: T) => boolean;
  readonly onFailure?: () => void;
  readonly onEnd?: () => void;
}

/** Ends with the signal's reason when it aborts; the call is cancelled where the loop is left before the last message. */
async function* stream<T>(open: () => ClientReadableStream<T>, options: StreamOptions<T>): AsyncGenerator<T> {
  const { signal, isLast, onFailure, onEnd } = options;
  signal.throwIfAborted();
  const call = open();
  const cancel = () => call.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  // grpc-js emits the cancellation as an error even when the loop is over and nobody listens any more.
  call.on("error", () => undefined);
  let isOver = false;
  try {
    for await (const message of call.iterator({ destroyOnReturn: false })) {
      isOver = isLast?.(message) ?? false;
      yield message;
    }
    isOver = true;
  } catch (error) {
    signal.throwIfAborted();
    onFailure?.();
    throw toBotError(error);
  } finally {
    onEnd?.();
    signal.removeEventListener("abort", cancel);
    if (isOver) letEnd(call);
    else cancel();
  }
}

/** Its end comes right behind: to hang up before it would make an error, with its stack, on both sides. */
function letEnd(call: ClientReadableStream<unknown>): void {
  if (call.readableEnded) return;
  const hangUp = setTimeout(() => call.cancel(), END_MS).unref();
  call.once("end", () => clearTimeout(hangUp));
  call.resume();
}

/**
 * With a free place none are ahead. Without one, at least one of those who run, and of those who wait one for each tenant, as
 * they take turns.
 */
function requestsAhead({ models }: GetLoadResponse, name: string): number {
  const load = models.find(({ model }) => model === name);
  if (!load || load.running < load.maxNumSeqs) return 0;
  return load.waitingTenants + 1;
}
