import {
  AdminServiceClient,
  decodeErrorDetails,
  GenerateRequest,
  InferenceServiceClient,
  ModelServiceClient,
  type PromptSegment,
  type StoppingCriteria,
} from "@cria/proto";
import { Client, type ClientReadableStream, type ClientUnaryCall, credentials, type ServiceError } from "@grpc/grpc-js";
import { pino } from "pino";
import { createMetrics } from "../observability/metrics.ts";
import { openTestRegistry, type TestRegistryOptions } from "../registry/test-registry.fixture.ts";
import { startServer } from "./server.ts";

/** What a test's server is like. */
export interface TestServerOptions extends TestRegistryOptions {
  readonly token?: string;
}

const cleanups: (() => void | Promise<void>)[] = [];

/** Starts a server over a fake model, on a free port, with clients connected. */
export async function startTestServer({ token, ...registryOptions }: TestServerOptions = {}) {
  const { registry, close } = openTestRegistry(registryOptions);
  cleanups.push(close);
  const logged: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line) => void logged.push(line) });
  const metrics = createMetrics({ loads: () => [] });
  const memory = { modelMemoryBytes: 5000, blockStore: { usedBytes: 30, limitBytes: 40 } };
  const server = await startServer({ host: "127.0.0.1", port: 0, token, registry, ...memory, metrics, logger });
  cleanups.push(() => server.close(0));
  return { registry, server, metrics, logged, ...connect(`127.0.0.1:${server.port}`) };
}

/** Closes what the test started, clients first. */
export async function closeTestServers(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

function connect(address: string) {
  const insecure = credentials.createInsecure();
  const clients = {
    inference: new InferenceServiceClient(address, insecure),
    models: new ModelServiceClient(address, insecure),
    admin: new AdminServiceClient(address, insecure),
    raw: new Client(address, insecure),
  };
  cleanups.push(() => {
    for (const client of Object.values(clients)) client.close();
  });
  return { ...clients, address };
}

interface RequestFields extends Partial<Omit<GenerateRequest, "prompt" | "stopping">> {
  readonly prompt?: readonly Partial<PromptSegment>[];
  readonly stopping?: Partial<StoppingCriteria>;
}

/** A request that is right but for the fields given. */
export function generateRequest(fields: RequestFields = {}): GenerateRequest {
  return GenerateRequest.fromPartial({ model: "fake", prompt: [{ text: "Hi" }], ...(fields as object) });
}

/** A unary call as a promise. */
export function call<T>(invoke: (callback: (error: ServiceError | null, response: T) => void) => ClientUnaryCall) {
  return new Promise<T>((resolve, reject) => {
    invoke((error, response) => (error ? reject(error) : resolve(response)));
  });
}

/** All messages of a stream. */
export async function collect<T>(stream: ClientReadableStream<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of stream) messages.push(message as T);
  return messages;
}

/** How a call failed. Rejects when it did not. */
export async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => Promise.reject(new Error("the call succeeded")),
    (reason: ServiceError) => reason,
  );
  return { code: error.code, message: error.details, details: decodeErrorDetails(error) };
}

/** Waits, turn by turn of the event loop, for what other turns bring about. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 1));
}
