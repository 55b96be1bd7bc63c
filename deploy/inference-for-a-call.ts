import { createInferenceClient, type InferenceClient } from "@cria/bot-core";
import { findInstance } from "./instance.ts";
import { inferenceProcess } from "./node-processes.ts";
import { freePort } from "./ports.ts";
import { ProcessGroup } from "./process-group.ts";
import { untilServing } from "./readiness.ts";
import { type LocalSettings, reachableHost } from "./settings.ts";
import { StartError } from "./start-error.ts";

/** Where an inference service listens that was started by itself. */
const DEFAULT_ADDRESS = "127.0.0.1:50051";
const PROBE_MS = 1000;
const STOP_GRACE_MS = 1000;

/** A service to ask, and how to be done with it. */
export interface InferenceForACall {
  readonly client: InferenceClient;
  /** Closes the connection, and ends the service if it was started for the call. */
  close(): Promise<void>;
}

/** The service that `CRIA_INFERENCE_ADDRESS` names, else one that runs here, else one started for the call. */
export async function findOrStartInference(
  settings: LocalSettings,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<InferenceForACall> {
  const token = env.CRIA_TOKEN;
  if (env.CRIA_INFERENCE_ADDRESS) return connected(env.CRIA_INFERENCE_ADDRESS, token);
  const instance = await findInstance(settings.stateDir);
  const running = connected(instance?.inferenceAddress ?? DEFAULT_ADDRESS, token);
  if (await serves(running.client)) return running;
  await running.close();
  return start(settings, env, signal);
}

function connected(address: string, token: string | undefined): InferenceForACall {
  const client = createInferenceClient({ address, token });
  return { client, close: async () => client.close() };
}

async function serves(client: InferenceClient): Promise<boolean> {
  return untilServing(client, AbortSignal.timeout(PROBE_MS)).then(
    () => true,
    () => false,
  );
}

async function start(settings: LocalSettings, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<InferenceForACall> {
  let lastLine = "";
  const group = new ProcessGroup((_, line) => {
    lastLine = line;
  });
  const port = await freePort(settings.inferenceHost);
  group.start(inferenceProcess({ CRIA_LOG_LEVEL: "warn", ...env }, settings.inferenceHost, port));
  const { client } = connected(`${reachableHost(settings.inferenceHost)}:${port}`, env.CRIA_TOKEN);
  const close = async () => {
    client.close();
    await group.stop(STOP_GRACE_MS);
  };
  try {
    await untilServing(client, AbortSignal.any([signal, group.failure]));
    return { client, close };
  } catch (error) {
    await close();
    throw group.failure.aborted ? new StartError(`the inference service does not start: ${lastLine}`) : error;
  }
}
