import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Logger } from "pino";
import type { Bot } from "./bot.ts";
import { servesThisMachineOnly } from "./config.ts";
import { EventFeed } from "./feed/event-feed.ts";
import { ChatRooms } from "./rooms/chat-rooms.ts";
import type { ChatStore } from "./rooms/chat-store.ts";
import { createApp } from "./server/app.ts";
import { bundleClient } from "./server/client-bundle.ts";
import { hostNamesFor } from "./server/security.ts";
import type { TimelineStore } from "./timeline/timeline-store.ts";

export interface WebServerOptions {
  readonly bot: Bot;
  readonly timelineStore: TimelineStore;
  readonly chatStore: ChatStore;
  readonly logger: Logger;
  /** Address to listen on, as "127.0.0.1". */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Host names it answers to beside its own, as behind a proxy. */
  readonly allowedHosts: readonly string[];
  /** Signs session cookies. */
  readonly secret: string;
  /** Shown above the channels. */
  readonly workspaceName: string;
}

/** A chat page that is being served. */
export interface WebServer {
  /** Where to open it, as "http://127.0.0.1:3000". */
  readonly url: string;
  /** Stops replies, writes down what is not yet written, closes every connection. */
  close(): Promise<void>;
}

/** Bundles the page and serves it. Rejects with the system's error if the port is taken. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const { bot, logger, secret, workspaceName } = options;
  const stopping = new AbortController();
  const feed = new EventFeed(randomUUID().slice(0, 8));
  const { timelineStore: store, chatStore } = options;
  const bundle = await bundleClient();
  const rooms = await ChatRooms.open({ bot, store, chatStore, feed, logger, workspaceName, now: Date.now });
  const hostNames = hostNamesFor(options.host, options.allowedHosts);
  const app = createApp({
    rooms,
    bot,
    feed,
    bundle,
    secret,
    workspaceName,
    hostNames,
    isEveryoneAdmin: servesThisMachineOnly(options),
    logger,
    signal: stopping.signal,
  });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  await listen(server, options.port, options.host).catch(async (error) => {
    await rooms.close();
    throw error;
  });

  async function close(): Promise<void> {
    stopping.abort();
    await rooms.close();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  return { url: urlOf(server.address() as AddressInfo), close };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
