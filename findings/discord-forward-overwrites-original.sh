#!/usr/bin/env bash
# Package: discord.js 14.28.1
#
# Behaviour: what a forwarded message carries of its original (message_snapshots) is put into the message cache of the
# original's channel, under the original's id.
#   1. An original that was cached and edited has its old words again once an older forward of it is read.
#   2. An original that was not cached is now, as a message without an author, although partial messages are not enabled.
#      When it is deleted, messageDelete comes for it, with no author.
#
# Why it surprises: a snapshot is a copy of the moment it was forwarded in. Reading one message changes another, back to
# words that are no longer there, and no event tells of it.
#
# Seen:
#   1. original before an older forward of it is read: "corrected words"
#      after: "first words"; messageUpdate events: 0; the snapshot is the cached original itself: true
#   2. cached after a forward came: author null, partial true
#      messageDelete: author null
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts discord.js@14.28.1 @discordjs/rest@2.6.3 ws@8.23.0 >&2
cat > see.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { Client, Events, GatewayIntentBits } from "discord.js";
import { WebSocketServer } from "ws";

setTimeout(() => process.exit(1), 50_000);
const user = (id, username) => ({ id, username, discriminator: "0", avatar: null });
const words = (content) => ({ type: 0, content, timestamp: "2026-01-01T00:00:00.000Z", edited_timestamp: null, flags: 0, mentions: [], mention_roles: [], attachments: [], embeds: [], components: [] });
const message = (id, channel_id, content) => ({ ...words(content), id, channel_id, guild_id: "1", author: user("20", "writer"), pinned: false, tts: false, mention_everyone: false });
const forward = (id, message_id, content) => ({ ...message(id, "3", ""), message_reference: { type: 1, message_id, channel_id: "2", guild_id: "1" }, message_snapshots: [{ message: words(content) }] });
const channel = (id, name) => ({ id, name, position: 0, type: 0, guild_id: "1", permission_overwrites: [] });
const lists = Object.fromEntries(["roles", "emojis", "stickers", "features", "threads", "members", "presences", "voice_states", "stage_instances", "guild_scheduled_events", "soundboard_sounds"].map((name) => [name, []]));
const guild = { ...lists, id: "1", name: "guild", owner_id: "20", channels: [channel("2", "from"), channel("3", "to")], member_count: 2 };

const answers = {
  "/api/v10/gateway/bot": () => ({ url: `ws://127.0.0.1:${server.address().port}`, shards: 1, session_start_limit: { total: 9, remaining: 9, reset_after: 0, max_concurrency: 1 } }),
  // Forwarded before its original was edited; a snapshot keeps what it had then.
  "/api/v10/channels/3/messages": () => [forward("201", "101", "first words")],
};
const server = createServer((request, response) => {
  const answer = answers[new URL(request.url, "http://x").pathname];
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer()));
});
let send;
new WebSocketServer({ server }).on("connection", (socket) => {
  let s = 0;
  send = (t, d) => socket.send(JSON.stringify({ op: 0, t, d, s: (s += 1) }));
  socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 40_000 } }));
  socket.on("message", (data) => {
    if (JSON.parse(data).op !== 2) return;
    send("READY", { v: 10, user: { ...user("10", "bot"), bot: true }, guilds: [{ id: "1", unavailable: true }], session_id: "s", resume_gateway_url: answers["/api/v10/gateway/bot"]().url, application: { id: "10", flags: 0 } });
    send("GUILD_CREATE", guild);
  });
});
await once(server.listen(0, "127.0.0.1"), "listening");

const { Guilds, GuildMessages, MessageContent } = GatewayIntentBits;
const client = new Client({ intents: [Guilds, GuildMessages, MessageContent], rest: { api: `http://127.0.0.1:${server.address().port}/api` } });
client.login("any.to.ken");
await once(client, Events.ClientReady);
const [from, to] = [client.channels.cache.get("2"), client.channels.cache.get("3")];

send("MESSAGE_CREATE", message("101", "2", "first words"));
send("MESSAGE_UPDATE", { ...message("101", "2", "corrected words"), edited_timestamp: "2026-01-02T00:00:00.000Z" });
const [, original] = await once(client, Events.MessageUpdate);
console.log(`1. original before an older forward of it is read: "${original.content}"`);
let updates = 0;
client.on(Events.MessageUpdate, () => (updates += 1));
const [older] = (await to.messages.fetch({ limit: 1 })).values();
const isSame = older.messageSnapshots.first() === from.messages.cache.get("101");
console.log(`   after: "${original.content}"; messageUpdate events: ${updates}; the snapshot is the cached original itself: ${isSame}`);

send("MESSAGE_CREATE", forward("200", "100", "an original of which the client never heard"));
await once(client, Events.MessageCreate);
const { author, partial } = from.messages.cache.get("100") ?? {};
console.log(`2. cached after a forward came: author ${author}, partial ${partial}`);
send("MESSAGE_DELETE", { id: "100", channel_id: "2", guild_id: "1" });
const [deleted] = await once(client, Events.MessageDelete);
console.log(`   messageDelete: author ${deleted.author}`);
const isAsStated = original.content === "first words" && updates === 0 && isSame && author === null && partial === true && deleted.author === null;
console.log(isAsStated ? "as stated" : "not as stated any more");
process.exit(isAsStated ? 0 : 1);
JS
node see.mjs
