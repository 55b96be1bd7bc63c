import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";

/** A way to a server on loopback that a test can break. */
export interface TcpProxy {
  readonly port: number;
  /** The connections of now say nothing more, in either direction, as over a dead line; new ones work. */
  silence(): void;
  /** What the clients of now say still arrives; what the server says is held back until `unmute`. */
  mute(): void;
  unmute(): void;
  /** Ends the connections of now. */
  cut(): void;
  /** From now on no new connection is taken, until `open`. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Forwards to a port of loopback. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [client: Socket, server: Socket]>();
  const proxy = createServer((client) => {
    const server = dial(targetPort, "127.0.0.1");
    const pair = [client, server] as const;
    pairs.add(pair);
    client.pipe(server);
    server.pipe(client);
    for (const socket of pair) {
      socket.on("error", () => undefined);
      socket.once("close", () => {
        pairs.delete(pair);
        for (const each of pair) each.destroy();
      });
    }
  });
  const listen = async (port: number) => {
    proxy.listen(port, "127.0.0.1");
    await once(proxy, "listening");
    return (proxy.address() as { port: number }).port;
  };
  const port = await listen(0);
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  const shut = async () => {
    if (!proxy.listening) return;
    proxy.close();
    cut();
    await once(proxy, "close");
  };
  return {
    port,
    silence: () => {
      for (const [client, server] of pairs) {
        client.unpipe(server).pause();
        server.unpipe(client).pause();
      }
    },
    mute: () => {
      for (const [client, server] of pairs) server.unpipe(client).pause();
    },
    unmute: () => {
      for (const [client, server] of pairs) server.pipe(client);
    },
    cut,
    shut,
    open: async () => void (await listen(port)),
    close: shut,
  };
}
