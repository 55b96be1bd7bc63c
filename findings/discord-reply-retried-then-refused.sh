#!/usr/bin/env bash
# Package: discord.js 14.28.1 (with @discordjs/rest 2.6.3)
#
# Behaviour: the first answer to an interaction is sent again by itself when the server answers 5xx. If the server had done
# it nevertheless, the second request is refused as "already acknowledged" (40060), and reply() throws that error. The
# interaction then still counts as unanswered: `replied` is false, and editReply() and followUp() throw
# InteractionNotReplied without asking the server, which would take them.
#
# Why it surprises: the error reads as if another process or a second listener had answered, while the program itself did,
# once, in one call. A handler that follows the usual advice (`replied || deferred` ? followUp : reply) calls reply()
# again and is refused again, so the user sees the first words and never the rest.
#
# Seen:
#   requests for the first answer: 2, of which the server did 1
#   reply(): DiscordAPIError 40060
#   replied: false, deferred: false
#   editReply(): DiscordjsError InteractionNotReplied, requests for it: 0
#   the same edit as a plain request: taken by the server
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts discord.js@14.28.1 @discordjs/rest@2.6.3 ws@8.23.0 >&2
cat > see.mjs <<'JS'
import { createServer } from "node:http";
import { Client, Events, Routes } from "discord.js";
import { WebSocketServer } from "ws";

setTimeout(() => process.exit(1), 50_000);
const me = { id: "10", username: "bot", discriminator: "0", avatar: null, bot: true };
const asker = { id: "20", username: "asker", discriminator: "0", avatar: null };
const count = { callbacks: 0, done: 0, edits: 0 };
const answers = {
  "GET /gateway/bot": () => [200, { url: `ws://127.0.0.1:${server.address().port}`, shards: 1, session_start_limit: { total: 9, remaining: 9, reset_after: 0, max_concurrency: 1 } }],
  "POST /interactions/30/secret/callback": () => {
    count.callbacks += 1;
    if (count.done) return [400, { code: 40060, message: "Interaction has already been acknowledged." }];
    count.done += 1;
    return [500, { code: 0, message: "500: Internal Server Error" }];
  },
  "PATCH /webhooks/10/secret/messages/@original": () => {
    count.edits += 1;
    return [200, { id: "40", channel_id: "50", author: me, content: "more", type: 0, timestamp: new Date().toISOString(), mentions: [], mention_roles: [], attachments: [], embeds: [] }];
  },
};
const server = createServer((request, response) => {
  const path = new URL(request.url, "http://x").pathname.replace("/api/v10", "");
  const [status, body] = (answers[`${request.method} ${path}`] ?? (() => [404, { code: 0, message: "?" }]))();
  request.resume().on("end", () => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)));
});
new WebSocketServer({ server }).on("connection", (socket) => {
  const send = (op, d, t, s) => socket.send(JSON.stringify({ op, d, t, s }));
  send(10, { heartbeat_interval: 40_000 });
  socket.on("message", (data) => {
    if (JSON.parse(data).op !== 2) return;
    send(0, { v: 10, user: me, guilds: [], session_id: "s", resume_gateway_url: answers["GET /gateway/bot"]()[1].url, application: { id: "10", flags: 0 } }, "READY", 1);
    send(0, { id: "30", application_id: "10", type: 2, token: "secret", version: 1, user: asker, channel_id: "50", channel: { id: "50", type: 1 }, entitlements: [], authorizing_integration_owners: {}, attachment_size_limit: 1, data: { id: "60", name: "ask", type: 1 } }, "INTERACTION_CREATE", 2);
  });
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const client = new Client({ intents: [], rest: { api: `http://127.0.0.1:${server.address().port}/api` } });
const interaction = await new Promise((come) => {
  client.on(Events.InteractionCreate, come);
  client.login("any.to.ken");
});
const caught = (call) => call.then(() => ({ name: "no error" }), (reason) => reason);
const refused = await caught(interaction.reply("first words"));
console.log(`requests for the first answer: ${count.callbacks}, of which the server did ${count.done}`);
console.log(`reply(): ${refused.name.replace(/\[.*/, "")} ${refused.code}`);
console.log(`replied: ${interaction.replied}, deferred: ${interaction.deferred}`);
const edit = await caught(interaction.editReply("more"));
const asked = count.edits;
console.log(`editReply(): ${edit.name.replace(/ \[.*/, "")} ${edit.code}, requests for it: ${asked}`);
const taken = await caught(client.rest.patch(Routes.webhookMessage("10", "secret"), { body: { content: "more" }, auth: false }));
console.log(`the same edit as a plain request: ${taken.name === "no error" ? "taken by the server" : taken.message}`);
const isAsStated = count.callbacks === 2 && refused.code === 40060 && !interaction.replied && edit.code === "InteractionNotReplied" && asked === 0 && count.edits === 1;
console.log(isAsStated ? "as stated" : "not as stated any more");
process.exit(isAsStated ? 0 : 1);
JS
node see.mjs
