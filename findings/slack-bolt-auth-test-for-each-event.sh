#!/usr/bin/env bash
# Package: @slack/bolt 5.1.0 (with @slack/socket-mode 3.1.0)
#
# Behaviour: with one token and `tokenVerificationEnabled: false`, auth.test is called for every event that comes, and the
# event's acknowledgement and listeners wait for its answer. With `true` it is called once, at the start.
#
# Why it surprises: the option reads as if it saved a call. The source speaks of holding the call off until the first event
# and names its result a cache, but fills that anew each time. Only with `botId` and `botUserId` given is no call made.
#
# Seen:
#   tokenVerificationEnabled true: 5 events, 1 call(s) of auth.test
#   tokenVerificationEnabled false: 5 events, 5 call(s) of auth.test
#   tokenVerificationEnabled false, botId and botUserId: 5 events, 0 call(s) of auth.test
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @slack/bolt@5.1.0 @slack/socket-mode@3.1.0 @slack/web-api@8.2.0 ws@8.23.0 >&2
cat > see.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import bolt from "@slack/bolt";
import { WebSocketServer } from "ws";

setTimeout(() => process.exit(1), 50_000);
const EVENTS = 5;
const event = (n) => ({ type: "events_api", envelope_id: `${n}`, retry_attempt: 0, retry_reason: "", accepts_response_payload: false, payload: { type: "event_callback", team_id: "T1", api_app_id: "A1", event_id: `Ev${n}`, event_time: n, authorizations: [{ team_id: "T1", user_id: "U0", is_bot: true }], event: { type: "message", channel: "C1", user: "U1", text: "hello", ts: `${n}.1`, event_ts: `${n}.1`, channel_type: "channel" } } });
let calls = 0;
const answers = {
  "/api/auth.test": () => {
    calls += 1;
    return { ok: true, url: "https://example.slack.com/", team: "team", user: "bot", team_id: "T1", user_id: "U0", bot_id: "B0" };
  },
  "/api/apps.connections.open": () => ({ ok: true, url: `ws://127.0.0.1:${server.address().port}/link` }),
};
const server = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answers[request.url]())));
});
const sockets = new WebSocketServer({ server });
await once(server.listen(0, "127.0.0.1"), "listening");

async function callsWith(options) {
  calls = 0;
  const connected = once(sockets, "connection");
  const app = new bolt.App({ token: "any", appToken: "any", socketMode: true, logLevel: "error", clientOptions: { slackApiUrl: `http://127.0.0.1:${server.address().port}/api/` }, ...options });
  let heard = () => {};
  app.event("message", async () => heard());
  const started = app.start();
  const [socket] = await connected;
  socket.send(JSON.stringify({ type: "hello", num_connections: 1 }));
  await started;
  for (let n = 1; n <= EVENTS; n += 1) {
    const next = new Promise((resolve) => (heard = resolve));
    socket.send(JSON.stringify(event(n)));
    await next;
  }
  await app.stop();
  const ids = options.botId ? ", botId and botUserId" : "";
  console.log(`tokenVerificationEnabled ${options.tokenVerificationEnabled}${ids}: ${EVENTS} events, ${calls} call(s) of auth.test`);
  return calls;
}
const seen = [
  await callsWith({ tokenVerificationEnabled: true }),
  await callsWith({ tokenVerificationEnabled: false }),
  await callsWith({ tokenVerificationEnabled: false, botId: "B0", botUserId: "U0" }),
];
const isAsStated = `${seen}` === `1,${EVENTS},0`;
console.log(isAsStated ? "as stated" : "not as stated any more");
process.exit(isAsStated ? 0 : 1);
JS
node see.mjs
