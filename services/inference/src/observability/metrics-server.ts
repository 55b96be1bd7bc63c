import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

/** A running Prometheus endpoint. */
export interface MetricsServer {
  readonly port: number;
  close(): void;
}

/** Serves `GET /metrics` in Prometheus' text format. Port 0 for any free one. @throws when the port is taken */
export async function startMetricsServer(registry: Registry, host: string, port: number): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.method === "GET" && request.url === "/metrics") return void sendMetrics(registry, response);
    response.writeHead(404, { "content-type": "text/plain" }).end("metrics are at /metrics\n");
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function sendMetrics(registry: Registry, response: ServerResponse): Promise<void> {
  try {
    const body = await registry.metrics();
    response.writeHead(200, { "content-type": registry.contentType }).end(body);
  } catch (error) {
    response.writeHead(500, { "content-type": "text/plain" }).end(`metrics cannot be read: ${error}\n`);
  }
}
