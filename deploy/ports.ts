import { createServer } from "node:net";

/** Why no program can listen there now, as Node's error code (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`); undefined if one can. */
export function listenObstacle(host: string, port: number): Promise<string | undefined> {
  return listenOnce(host, port).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
}

/** A port that is free now. */
export function freePort(host: string): Promise<number> {
  return listenOnce(host, 0);
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
