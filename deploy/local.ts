import { resolve } from "node:path";
import { createInferenceClient } from "@cria/bot-core";
import { requireConfiguration } from "./configuration.ts";
import { claimInstance, type Instance } from "./instance.ts";
import { freePort, listenObstacle } from "./ports.ts";
import { loadDefaultModel, waitForPage } from "./readiness.ts";
import { findRedisServer, prepareRedis } from "./redis.ts";
import { type LocalSettings, loadLocalSettings, ROOT, reachableHost } from "./settings.ts";
import { shownPath } from "./shown-path.ts";
import { StartError } from "./start-error.ts";
import { createLineWriter, timePrefix } from "./supervisor/log-lines.ts";
import { botProcess, inferenceProcess, webProcess } from "./supervisor/node-processes.ts";
import { onceParentIsGone } from "./supervisor/parent-gone.ts";
import { ProcessGroup } from "./supervisor/process-group.ts";

const { isTTY } = process.stdout;
const write = createLineWriter(console.log, {
  useColours: isTTY && !process.env.NO_COLOR,
  showTimes: !isTTY,
  showStacks: ["debug", "trace"].includes(process.env.CRIA_LOG_LEVEL ?? ""),
});
const stopping = new AbortController();
// Once: a second Ctrl-C ends this process at once, and the others notice (exit-with-parent.ts).
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => stopping.abort());
if (process.env.npm_lifecycle_event) onceParentIsGone(() => stopping.abort());

try {
  requireConfiguration(process.env);
  await runLocally(loadLocalSettings(process.env), stopping.signal);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(`${isTTY ? "" : timePrefix(Date.now())}Cria: ${error.message}.`);
  process.exitCode = error.exitCode;
}

/** Runs everything on this machine until the signal or until something cannot be kept running. */
async function runLocally(settings: LocalSettings, signal: AbortSignal): Promise<void> {
  const instance = await planInstance(settings);
  const letGo = await claimInstance(settings.stateDir, instance);
  const group = new ProcessGroup(write);
  const end = AbortSignal.any([signal, group.failure]);
  try {
    await requireFreePorts(settings);
    const redisUrl = settings.redisUrl ?? (await startRedis(group, settings.stateDir));
    startNodeProcesses(group, settings, instance, redisUrl);
    await announce(instance, end);
    await aborted(end);
  } finally {
    await group.stop();
    letGo();
  }
  group.failure.throwIfAborted();
}

async function planInstance(settings: LocalSettings): Promise<Instance> {
  const port = settings.inferencePort ?? (await freePort(settings.inferenceHost));
  return {
    pid: process.pid,
    inferenceAddress: `${reachableHost(settings.inferenceHost)}:${port}`,
    webUrl: `http://${reachableHost(settings.webHost)}:${settings.webPort}`,
  };
}

async function requireFreePorts({ webHost, webPort, inferenceHost, inferencePort }: LocalSettings): Promise<void> {
  await requirePort("CRIA_WEB_", webHost, webPort);
  if (inferencePort) await requirePort("CRIA_", inferenceHost, inferencePort);
}

/** `prefix` is that of the variables that set host and port. */
async function requirePort(prefix: string, host: string, port: number): Promise<void> {
  const obstacle = await listenObstacle(host, port);
  if (obstacle === undefined) return;
  if (obstacle !== "EADDRINUSE")
    throw new StartError(`cannot listen at ${host}, port ${port} (${prefix}HOST, ${prefix}PORT): ${obstacle}`);
  const other = `${prefix}PORT=${port + 1} npm start`;
  throw new StartError(
    `port ${port} of ${host} is taken by another program. Stop that one, or choose another port: ${other}`,
  );
}

/** Undefined where there is no Redis: the bots then remember in their own memory. */
async function startRedis(group: ProcessGroup, stateDir: string): Promise<string | undefined> {
  const server = findRedisServer(process.env.PATH);
  if (!server) {
    write(
      "redis",
      "no redis-server or valkey-server on the PATH: conversations are kept in memory and forgotten at the end",
    );
    return undefined;
  }
  const redis = prepareRedis(server, stateDir, await freePort("127.0.0.1"));
  group.start(redis.spec);
  write("redis", `remembers conversations in ${shownPath(ROOT, resolve(stateDir, "redis"))}`);
  return redis.url;
}

function startNodeProcesses(
  group: ProcessGroup,
  settings: LocalSettings,
  instance: Instance,
  redisUrl: string | undefined,
): void {
  const { hostname, port } = new URL(`http://${instance.inferenceAddress}`);
  group.start(inferenceProcess(process.env, settings.inferenceHost, Number(port)));
  const env = {
    ...process.env,
    CRIA_INFERENCE_ADDRESS: `${hostname}:${port}`,
    ...(redisUrl && { CRIA_REDIS_URL: redisUrl }),
  };
  group.start(webProcess({ ...env, CRIA_WEB_HOST: settings.webHost, CRIA_WEB_PORT: `${settings.webPort}` }));
  if (process.env.CRIA_SLACK_BOT_TOKEN) group.start(botProcess("slack", env));
  if (process.env.CRIA_DISCORD_TOKEN) group.start(botProcess("discord", env));
}

/** Says where to go once there is something to see. */
async function announce(instance: Instance, signal: AbortSignal): Promise<void> {
  const client = createInferenceClient({ address: instance.inferenceAddress, token: process.env.CRIA_TOKEN });
  const tell = (line: string) => write("cria", line);
  try {
    await Promise.all([waitForPage(instance.webUrl, signal), loadDefaultModel(client, tell, signal)]);
    tell(`Open ${instance.webUrl}`);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    client.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
