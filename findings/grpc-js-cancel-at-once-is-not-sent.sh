#!/usr/bin/env bash
# Package: @grpc/grpc-js 1.14.7 (client and server)
#
# Behaviour: a call that is cancelled in the tick in which it is made, on a channel that is ready, ends for its client with
# CANCELLED, but reaches the server all the same and is never cancelled there: the handler runs and hears nothing. Cancelled
# a second time, a tick later or after its end, it is. On a channel that still connects nothing reaches the server.
#
# Why it surprises: the client is told that the call is over, and the server works for nobody, for as long as the connection
# lasts where there is no deadline. A test that cancels early calls and counts what is left blames the server.
#
# Seen:
#   connecting, cancelled at once: client CANCELLED, no handler began
#   ready, cancelled at once: client CANCELLED, the handler runs on
#   ready, cancelled at once and again: client CANCELLED, the handler was told
#   ready, cancelled a tick later: client CANCELLED, the handler was told
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @grpc/grpc-js@1.14.7 >&2
cat > see.mjs <<'JS'
import { once } from "node:events";
import { setImmediate as tick, setTimeout as wait } from "node:timers/promises";
import { Client, Server, ServerCredentials, credentials, status } from "@grpc/grpc-js";

const pass = (value) => value;
const service = { say: { path: "/Test/Say", requestStream: false, responseStream: true, requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass } };
let began, told;
const server = new Server();
server.addService(service, { say: (call) => {
  began = true;
  call.on("cancelled", () => { told = true; });
  call.write(Buffer.from("x"));
} });
const port = await new Promise((resolve) => server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, bound) => resolve(bound)));

async function see(name, isReady, cancel) {
  [began, told] = [false, false];
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  if (isReady) await new Promise((resolve) => client.waitForReady(Number.POSITIVE_INFINITY, resolve));
  const call = client.makeServerStreamRequest("/Test/Say", pass, pass, Buffer.from("hi"));
  call.resume();
  const ended = once(call, "error").catch((error) => [error]);
  await cancel(call);
  const [error] = await ended;
  await wait(500);
  const server = began ? (told ? "the handler was told" : "the handler runs on") : "no handler began";
  console.log(`${name}: client ${status[error.code]}, ${server}`);
  client.close();
}

await see("connecting, cancelled at once", false, (call) => call.cancel());
await see("ready, cancelled at once", true, (call) => call.cancel());
await see("ready, cancelled at once and again", true, async (call) => { call.cancel(); await wait(100); call.cancel(); });
await see("ready, cancelled a tick later", true, async (call) => { await tick(); call.cancel(); });
server.forceShutdown();
JS
seen=$(node see.mjs)
echo "$seen"
[ "$seen" = "connecting, cancelled at once: client CANCELLED, no handler began
ready, cancelled at once: client CANCELLED, the handler runs on
ready, cancelled at once and again: client CANCELLED, the handler was told
ready, cancelled a tick later: client CANCELLED, the handler was told" ] || { echo "the behaviour has changed" >&2; exit 1; }
