import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the ports that systems give to connections as they are made: Linux from 32,768, macOS and Windows from 49,152. */
const LOWEST_PORT = 20_000;
const FIRST_EPHEMERAL_PORT = 32_768;
const TRIES = 20;

/** Why no program can listen there now, as Node's error code (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`); undefined if one can. */
export function listenObstacle(host: string, port: number): Promise<string | undefined> {
  return listenOnce(host, port).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
}

/** A port that is free now, and that no connection is given until somebody listens there. */
export async function freePort(host: string): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = randomInt(LOWEST_PORT, FIRST_EPHEMERAL_PORT);
    if ((await listenObstacle(host, port)) === undefined) return port;
  }
  return await listenOnce(host, 0);
}

function listenOnce(host: string, port: number): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}
