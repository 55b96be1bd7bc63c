import { type Client, Events, type Interaction, type Message } from "discord.js";
import type { Logger } from "pino";
import type { CatchUp } from "./gateway/catch-up.ts";
import { fatalClose } from "./gateway/close-codes.ts";
import type { Handlers } from "./handlers.ts";

export interface ListenOptions {
  readonly handlers: Handlers;
  readonly catchUp: CatchUp;
  readonly logger: Logger;
  /** Guilds that get commands of their own. */
  readonly guildIds: readonly string[];
  /** Registers the commands. */
  readonly register: () => Promise<void>;
  /** Discord has closed the connection for good. */
  readonly onLost: (reason: string) => void;
}

/** Hands a client's events to their handlers. */
export function listen(client: Client<true>, options: ListenOptions): void {
  const handle = handleBy(options.logger);
  const { catchUp, handlers } = options;
  const onMessage = (message: Message) => {
    catchUp.saw(message);
    handle("message", handlers.messages.onCreate(message));
  };
  client.on(Events.MessageCreate, onMessage);
  listenToConnection(client, options);
  // A new session, unlike a resumed one, has missed what came before it.
  client.on(Events.ShardReady, (shardId) => handle("catch-up", catchUp.missed(shardId, onMessage)));
  listenToChanges(client, options);
  client.on(Events.InteractionCreate, (interaction) => handle("interaction", run(interaction, handlers)));
}

function listenToConnection(client: Client<true>, { catchUp, logger, onLost }: ListenOptions): void {
  client.on(Events.Error, (error) => logger.warn({ err: error }, "the connection to Discord has a fault"));
  client.on(Events.ShardError, (error) => logger.debug({ err: error }, "the connection to Discord broke"));
  client.on(Events.ShardReconnecting, (shardId) => {
    catchUp.onBreak(shardId);
    logger.info({ shardId }, "the connection to Discord is being restored");
  });
  client.on(Events.ShardResume, (shardId, replayed) => {
    catchUp.onResume(shardId);
    logger.info({ shardId, replayed }, "the connection to Discord is restored");
  });
  client.on(Events.ShardDisconnect, ({ code }) => onLost(fatalClose(code)));
}

function listenToChanges(client: Client<true>, { handlers, logger, guildIds, register }: ListenOptions): void {
  const handle = handleBy(logger);
  const { changes, replies } = handlers;
  client.on(Events.MessageUpdate, (old, message) => handle("edit", changes.onUpdate(old, message)));
  client.on(Events.MessageDelete, (message) => handle("deletion", changes.onDelete([message])));
  client.on(Events.MessageBulkDelete, (deleted) => handle("deletion", changes.onDelete([...deleted.values()])));
  client.on(Events.ChannelDelete, ({ id }) => replies.giveUpIn(id));
  client.on(Events.ThreadDelete, ({ id }) => replies.giveUpIn(id));
  client.on(Events.GuildDelete, ({ id }) => replies.giveUpIn(id));
  client.on(Events.GuildCreate, ({ id }) => {
    if (guildIds.includes(id)) handle("server", register());
  });
}

async function run(interaction: Interaction, { slash, buttons }: Handlers): Promise<void> {
  if (interaction.isChatInputCommand()) await slash.run(interaction);
  else if (interaction.isAutocomplete()) await slash.complete(interaction);
  else if (interaction.isButton()) await buttons.press(interaction);
}

/** One failed event never stops the bot. */
function handleBy(logger: Logger) {
  return (kind: string, work: Promise<void>) => {
    work.catch((error: unknown) => logger.error({ err: error }, `a Discord ${kind} could not be handled`));
  };
}
