#!/usr/bin/env bash
# Package: @slack/bolt 5.1.0 (with @slack/socket-mode 3.1.0)
#
# Behaviour: an event over Socket Mode is acknowledged once `authorize` has ended, and before middleware and listeners run.
# So a slow `authorize` holds the acknowledgement back, and nothing that comes later can: `processBeforeResponse: true` is
# taken by an app in Socket Mode without a word and changes nothing.
#
# Why it surprises: events are said to be acknowledged right away. Yet where `authorize` asks another service and that takes
# longer than Slack waits, Slack delivers each event again. And who sets processBeforeResponse so that an event outlives a
# process that ends in the middle of it loses the event nevertheless: it was acknowledged before.
#
# Seen (each part takes 300 ms):
#   processBeforeResponse false: authorize ended, acknowledged, middleware ended, listener ended
#   processBeforeResponse true: authorize ended, acknowledged, middleware ended, listener ended
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @slack/bolt@5.1.0 @slack/socket-mode@3.1.0 @slack/web-api@8.2.0 ws@8.23.0 >&2
cat > see.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import bolt from "@slack/bolt";
import { WebSocketServer } from "ws";

setTimeout(() => process.exit(1), 50_000);
const message = { type: "message", channel: "C1", user: "U1", text: "hello", ts: "1.1", event_ts: "1.1", channel_type: "channel" };
const payload = { type: "event_callback", team_id: "T1", api_app_id: "A1", event_id: "Ev1", event_time: 1, authorizations: [{ team_id: "T1", user_id: "U0", is_bot: true }], event: message };
const envelope = { type: "events_api", envelope_id: "1", retry_attempt: 0, retry_reason: "", accepts_response_payload: false, payload };

// Answers apps.connections.open, the only method that is called.
const server = createServer((request, response) => {
  const body = { ok: true, url: `ws://127.0.0.1:${server.address().port}/link` };
  request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body)));
});
const sockets = new WebSocketServer({ server });
await once(server.listen(0, "127.0.0.1"), "listening");
const clientOptions = { slackApiUrl: `http://127.0.0.1:${server.address().port}/api/` };

async function orderWith(processBeforeResponse) {
  const order = [];
  const ends = async (part) => {
    await pause(300);
    order.push(`${part} ended`);
  };
  const authorize = async () => {
    await ends("authorize");
    return { botToken: "any", botId: "B0", botUserId: "U0" };
  };
  const app = new bolt.App({ appToken: "any", socketMode: true, authorize, processBeforeResponse, clientOptions, logLevel: "error" });
  app.use(async ({ next }) => {
    await ends("middleware");
    await next();
  });
  const done = new Promise((resolve) => app.event("message", () => ends("listener").then(resolve)));
  const connected = once(sockets, "connection");
  const started = app.start();
  const [socket] = await connected;
  socket.on("message", (data) => JSON.parse(data).envelope_id === "1" && order.push("acknowledged"));
  socket.send(JSON.stringify({ type: "hello", num_connections: 1 }));
  await started;
  socket.send(JSON.stringify(envelope));
  await done;
  await app.stop();
  console.log(`processBeforeResponse ${processBeforeResponse}: ${order.join(", ")}`);
  return order.join(", ");
}
const seen = [await orderWith(false), await orderWith(true)];
const isAsStated = seen.every((order) => order === "authorize ended, acknowledged, middleware ended, listener ended");
console.log(isAsStated ? "as stated" : "not as stated any more");
process.exit(isAsStated ? 0 : 1);
JS
node see.mjs
