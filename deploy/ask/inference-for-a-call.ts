import { createInferenceClient, type InferenceClient } from "@cria/bot-core";
import { findInstance } from "../instance.ts";
import { freePort } from "../ports.ts";
import { serves, untilServing } from "../readiness.ts";
import { type LocalSettings, reachableHost } from "../settings.ts";
import { StartError } from "../start-error.ts";
import { inferenceProcess } from "../supervisor/node-processes.ts";
import { ProcessGroup } from "../supervisor/process-group.ts";

/** Where an inference service listens that was started by itself. */
const DEFAULT_ADDRESS = "127.0.0.1:50051";
const PROBE_MS = 1000;
/** One that was named may be far away. */
const NAMED_MS = 3000;
const INSTANCE_MS = 20_000;

/** A service to ask, and how to be done with it. */
export interface InferenceForACall {
  readonly client: InferenceClient;
  /** Closes the connection, and ends the service if it was started for the call. */
  close(): Promise<void>;
}

/** Where to look for a service, and how long. */
export interface InferenceSearch {
  readonly settings: LocalSettings;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Hears what is waited for. */
  readonly tell: (line: string) => void;
}

/**
 * The service that `CRIA_INFERENCE_ADDRESS` names, else one that runs here, else one started for the call.
 * @throws StartError if the one that was named, or the one of a running `npm start`, does not serve
 */
export async function findOrStartInference(search: InferenceSearch): Promise<InferenceForACall> {
  const { CRIA_INFERENCE_ADDRESS: address, CRIA_TOKEN: token } = search.env;
  if (address) return await named(connected(address, token), address);
  const instance = await findInstance(search.settings.stateDir, search.signal);
  if (instance) return await ofInstance(connected(instance.inferenceAddress, token), search);
  const running = connected(DEFAULT_ADDRESS, token);
  if (await serves(running.client, AbortSignal.timeout(PROBE_MS))) return running;
  await running.close();
  return await start(search);
}

async function named(service: InferenceForACall, address: string): Promise<InferenceForACall> {
  if (await serves(service.client, AbortSignal.timeout(NAMED_MS))) return service;
  await service.close();
  const remedy = "start one there, or leave the variable out to have one started for the call";
  throw new StartError(`no inference service serves at ${address} (CRIA_INFERENCE_ADDRESS): ${remedy}`);
}

/** It may have begun a moment ago, or be about to come back after a fault. */
async function ofInstance(service: InferenceForACall, { signal, tell }: InferenceSearch): Promise<InferenceForACall> {
  if (await serves(service.client, AbortSignal.timeout(PROBE_MS))) return service;
  tell("waiting for the inference service of the npm start that runs");
  try {
    await untilServing(service.client, AbortSignal.any([signal, AbortSignal.timeout(INSTANCE_MS)]));
    return service;
  } catch {
    await service.close();
    throw new StartError("npm start runs, but its inference service does not serve; its lines tell why");
  }
}

function connected(address: string, token: string | undefined): InferenceForACall {
  const client = createInferenceClient({ address, token });
  return { client, close: async () => client.close() };
}

async function start({ settings, env, signal }: InferenceSearch): Promise<InferenceForACall> {
  let lastLine = "";
  const group = new ProcessGroup((_, line) => {
    lastLine = line;
  });
  const port = await freePort(settings.inferenceHost);
  group.start(inferenceProcess({ CRIA_LOG_LEVEL: "warn", ...env }, settings.inferenceHost, port));
  const { client } = connected(`${reachableHost(settings.inferenceHost)}:${port}`, env.CRIA_TOKEN);
  const close = async () => {
    client.close();
    await group.stop();
  };
  try {
    await untilServing(client, AbortSignal.any([signal, group.failure]));
    return { client, close };
  } catch (error) {
    await close();
    throw group.failure.aborted ? new StartError(`the inference service does not start: ${lastLine}`) : error;
  }
}
