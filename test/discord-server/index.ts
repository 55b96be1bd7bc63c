/** A Discord on loopback that speaks the real protocols and holds clients to the real limits. */
export { DiscordServer, type DiscordServerOptions } from "./discord-server.ts";
export { DISCORD_LIMITS } from "./limits.ts";
export { buttonLabels, type Person } from "./person.ts";
export type { Channel, Guild, StoredMessage } from "./world/world.ts";
