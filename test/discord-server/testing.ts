import { Client, type ClientOptions, Events, GatewayIntentBits, Partials } from "discord.js";
import type { DiscordServer } from "./discord-server.ts";

const INTENTS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.DirectMessages,
  GatewayIntentBits.MessageContent,
];

/** A real client of the server's bot, not yet logged in. */
export function createTestClient(server: DiscordServer, options: Partial<ClientOptions> = {}): Client {
  return new Client({ intents: INTENTS, partials: [Partials.Channel], rest: { api: server.apiUrl }, ...options });
}

/** Resolves once the client is ready. */
export async function login(client: Client, token: string): Promise<Client<true>> {
  const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(token);
  return await ready;
}

/** Calls the REST API without a library. */
export async function callApi(
  server: DiscordServer,
  method: string,
  path: string,
  body?: unknown,
  token = server.token,
) {
  const response = await fetch(`${server.apiUrl}/v10${path}`, {
    method,
    headers: { authorization: `Bot ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return { status: response.status, headers: response.headers, json: isJson ? JSON.parse(text) : text };
}
