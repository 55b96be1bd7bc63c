import { GatewayCloseCodes } from "discord.js";

const PORTAL = "https://discord.com/developers/applications";

/** Closes after which connecting again is no use: what was wrong, and what to do. */
const FATAL: Readonly<Partial<Record<number, string>>> = {
  [GatewayCloseCodes.AuthenticationFailed]: `Discord refuses the bot's token: it was reset or is wrong. Copy a new one from ${PORTAL} → your app → Bot → Reset Token into CRIA_DISCORD_TOKEN; \`npm run setup -- discord\` helps.`,
  [GatewayCloseCodes.InvalidShard]: "Discord refuses the shard (4010): a shard that does not exist was asked for.",
  [GatewayCloseCodes.ShardingRequired]:
    "Discord asks for sharding (4011): the bot is in more guilds than one connection may have, 2,500. Run more shards.",
  [GatewayCloseCodes.InvalidAPIVersion]: "Discord no longer speaks this version of its gateway (4012): update Cria.",
  [GatewayCloseCodes.InvalidIntents]: "Discord does not know one of the intents (4013): update Cria.",
  [GatewayCloseCodes.DisallowedIntents]: `Discord does not allow the Message Content intent (4014): switch it on at ${PORTAL} → your app → Bot → Privileged Gateway Intents, or start again without it: each message then needs a mention.`,
};

/** Why the gateway closed for good, in a sentence for people. */
export function fatalClose(code: number): string {
  return (
    FATAL[code] ??
    `Discord closed the connection for good (${code}): https://discord.com/developers/docs/topics/opcodes-and-status-codes says what the code means.`
  );
}
