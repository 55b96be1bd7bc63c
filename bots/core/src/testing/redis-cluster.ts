import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";
import { pause } from "../port/pause.ts";
import { freePort, spawnRedis } from "./redis-server.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const NUM_NODES = 3;
const NUM_SLOTS = 16_384;
/** The nodes gossip once a second. */
const READY_MS = 30_000;
const LOOK_MS = 100;

/** A Redis Cluster of three nodes on free ports of loopback. */
export interface RedisCluster {
  /** As `redis-cluster://127.0.0.1:7000,127.0.0.1:7001,127.0.0.1:7002`. */
  readonly url: string;
  /** The connections of now say nothing more, as over dead lines; new ones work. */
  silence(): void;
  /** Kills it and removes its folders. */
  close(): Promise<void>;
}

interface Node {
  readonly port: number;
  readonly busPort: number;
  /** Where clients find it. */
  readonly proxy: TcpProxy;
  close(): Promise<void>;
}

/** Starts three nodes, gives each a third of the slots and lets them meet. Rejects when they do not agree in time. */
export async function startRedisCluster(program: string): Promise<RedisCluster> {
  const nodes: Node[] = [];
  const close = async () => {
    await Promise.all(nodes.map((node) => node.close()));
  };
  try {
    while (nodes.length < NUM_NODES) nodes.push(await startNode(program));
    await Promise.all(nodes.map((node, index) => joinCluster(node, index, nodes[0]!)));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url: `redis-cluster://${nodes.map(({ proxy }) => `127.0.0.1:${proxy.port}`).join(",")}`,
    silence: () => {
      for (const { proxy } of nodes) proxy.silence();
    },
    close,
  };
}

async function startNode(program: string): Promise<Node> {
  const [port, busPort] = [await freePort(), await freePort()];
  const folder = await mkdtemp(join(tmpdir(), "cria-redis-node-"));
  const proxy = await startTcpProxy(port);
  const ports = ["--cluster-port", String(busPort), "--cluster-announce-port", String(proxy.port)];
  const more = ["--cluster-enabled", "yes", ...ports];
  const server = await spawnRedis({ program, port, folder, more });
  const close = async () => {
    await proxy.close();
    await kill(server);
    await rm(folder, { recursive: true, force: true });
  };
  return { port, busPort, proxy, close };
}

async function joinCluster({ port }: Node, index: number, first: Node): Promise<void> {
  const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
  const start = Math.floor((index * NUM_SLOTS) / NUM_NODES);
  const end = Math.floor(((index + 1) * NUM_SLOTS) / NUM_NODES) - 1;
  await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", String(start), String(end)]);
  await client.sendCommand(["CLUSTER", "MEET", "127.0.0.1", String(first.port), String(first.busPort)]);
  try {
    await untilAgreed(async () => String(await client.sendCommand(["CLUSTER", "INFO"])));
  } finally {
    client.destroy();
  }
}

async function untilAgreed(info: () => Promise<string>): Promise<void> {
  const deadlineMs = performance.now() + READY_MS;
  const isAgreed = (text: string) =>
    text.includes("cluster_state:ok") && text.includes(`cluster_known_nodes:${NUM_NODES}`);
  while (!isAgreed(await info())) {
    if (performance.now() > deadlineMs) throw new Error(`the nodes did not agree within ${READY_MS} ms`);
    await pause(LOOK_MS, new AbortController().signal);
  }
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, "exit");
  server.kill("SIGKILL");
  await exited;
}
