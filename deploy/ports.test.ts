import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { freePort, listenObstacle } from "./ports.ts";

it("finds ports that are free, and that no connection is given meanwhile", async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort("127.0.0.1")));
  for (const port of ports) {
    expect(port).toBeLessThan(32_768);
    expect(await listenObstacle("127.0.0.1", port)).toBeUndefined();
  }
});

it("tells why nobody can listen at a port", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  expect(await listenObstacle("127.0.0.1", port)).toBe("EADDRINUSE");
  server.close();
});
