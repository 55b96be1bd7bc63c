#!/usr/bin/env bash
# Package: @discordjs/rest 2.6.3 (the REST client of discord.js 14.28.1)
#
# Behaviour: with `retries: 3`, a request whose connection is reset before an answer came is sent four times, but one whose
# connection is closed in an orderly way (a FIN, as a proxy sends that goes away) fails after a single request. Of broken
# connections only those are tried again whose error says ECONNRESET; the HTTP client below calls an orderly close
# UND_ERR_SOCKET.
#
# Why it surprises: to the caller both are the same break, before any byte of an answer. Which of the two it is depends on
# how the other side let go, so a test with one of them says nothing about the other. And it is no care for what may have
# been done already: a POST that was reset is sent again like a GET.
#
# Seen:
#   GET closed before an answer: 1 request(s), SocketError UND_ERR_SOCKET
#   POST closed before an answer: 1 request(s), SocketError UND_ERR_SOCKET
#   GET reset before an answer: 4 request(s), Error ECONNRESET
#   POST reset before an answer: 4 request(s), Error ECONNRESET
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @discordjs/rest@2.6.3 undici@6.29.1 >&2
cat > see.mjs <<'JS'
import { createServer } from "node:http";
import { REST } from "@discordjs/rest";

setTimeout(() => process.exit(1), 50_000);
let letGo;
let requests = 0;
const server = createServer((request) => {
  requests += 1;
  // The whole request is read first: what is left unread would turn a close into a reset.
  request.resume().on("end", () => letGo(request.socket));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const api = `http://127.0.0.1:${server.address().port}/api`;

const ways = {
  closed: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
};
const calls = {
  GET: (rest) => rest.get("/channels/1/messages"),
  POST: (rest) => rest.post("/channels/1/messages", { body: { content: "hello" } }),
};
const seen = [];
for (const [way, how] of Object.entries(ways)) {
  for (const [method, call] of Object.entries(calls)) {
    [letGo, requests] = [how, 0];
    const rest = new REST({ api, retries: 3 }).setToken("any");
    const error = await call(rest).then(() => undefined, (reason) => reason);
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
    seen.push({ requests, code: error?.code });
    console.log(`${method} ${way} before an answer: ${requests} request(s), ${error?.name} ${error?.code}`);
  }
}
const isAsStated =
  seen.slice(0, 2).every(({ requests, code }) => requests === 1 && code === "UND_ERR_SOCKET") &&
  seen.slice(2).every(({ requests, code }) => requests === 4 && code === "ECONNRESET");
console.log(isAsStated ? "as stated" : "not as stated any more");
process.exit(isAsStated ? 0 : 1);
JS
node see.mjs
