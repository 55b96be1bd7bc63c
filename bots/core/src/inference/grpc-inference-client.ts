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
  return {
    listModels: async () => {
      const list = (answer: Answer<ListModelsResponse>) => models.listModels({}, metadata, within(listMs), answer);
      return (await unary(list)).models;
    },
    loadModel: (name, signal) =>
      stream(() => models.loadModel({ name, keepAlive: undefined }, metadata, within(loadMs)), signal),
    generate: (request, signal) =>
      stream(() => inference.generate(GenerateRequest.fromPartial(request), metadata, within(generateMs)), signal),
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

/** Ends with the signal's reason when it aborts; the call is cancelled however the loop is left. */
async function* stream<T>(open: () => ClientReadableStream<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted();
  const call = open();
  const cancel = () => call.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  // grpc-js emits the cancellation as an error even when the loop is over and nobody listens any more.
  call.on("error", () => undefined);
  try {
    yield* call as AsyncIterable<T>;
  } catch (error) {
    signal.throwIfAborted();
    throw toBotError(error);
  } finally {
    signal.removeEventListener("abort", cancel);
    call.cancel();
  }
}

/** With a free place none are ahead; without one, those who wait and at least one of those who run. */
function requestsAhead({ models }: GetLoadResponse, name: string): number {
  const load = models.find(({ model }) => model === name);
  if (!load || load.running < load.maxNumSeqs) return 0;
  return load.waiting + 1;
}
