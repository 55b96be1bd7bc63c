import {
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  type ClientReadableStream,
  type Metadata,
  makeGenericClientConstructor,
} from "@grpc/grpc-js";
import { service } from "grpc-health-check";
import { pause } from "../port/pause.ts";

/** How long a watch that ended waits for the next; the channel's own backoff is as long. */
const RETRY_MS = 1_000;

interface HealthClient extends Client {
  watch(request: { service: string }, metadata: Metadata): ClientReadableStream<{ status: string }>;
}

const HealthClient = makeGenericClientConstructor(service, "grpc.health.v1.Health") as unknown as new (
  address: string,
  credentials: ChannelCredentials,
  options: ClientOptions,
) => HealthClient;

/** Follows the service's health, calling back on the first answer and each change; returns a function that stops. */
export function watchHealth(
  connection: readonly [string, ChannelCredentials, ClientOptions],
  metadata: Metadata,
  onChange: (isServing: boolean) => void,
): () => void {
  const client = new HealthClient(...connection);
  const stop = new AbortController();
  let last: boolean | undefined;
  const report = (isServing: boolean) => {
    if (isServing !== last && !stop.signal.aborted) onChange(isServing);
    last = isServing;
  };
  void keepWatching(() => client.watch({ service: "" }, metadata), report, stop.signal);
  return () => stop.abort();
}

async function keepWatching(
  watch: () => ClientReadableStream<{ status: string }>,
  report: (isServing: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await watchOnce(watch(), report, signal);
    report(false);
    await pause(RETRY_MS, signal);
  }
}

/** Resolves when the watch is over: the service is away, or nobody wants to know any more. */
async function watchOnce(
  call: ClientReadableStream<{ status: string }>,
  report: (isServing: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const cancel = () => call.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  call.on("data", ({ status }: { status: string }) => report(status === "SERVING"));
  await new Promise<void>((resolve) => {
    call.on("error", () => resolve());
    call.on("end", resolve);
  });
  signal.removeEventListener("abort", cancel);
}
