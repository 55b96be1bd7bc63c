#!/usr/bin/env bash
# Package: @grpc/grpc-js 1.14.7 (server, client), Node's http2 with nghttp2's guard against rapid resets
#
# Behaviour: a client that cancels more than about 1,000 calls of one connection in a burst has the connection closed. A call
# on it that nobody cancelled ends too, with another status than CANCELLED.
#
# Why it surprises: cancelling is part of gRPC, and the guard is per connection, so that one caller's short deadlines end the
# replies of all others behind the same channel. No option of the server reaches the guard.
#
# Seen (500 and 2000 calls cancelled beside one that stays):
#   500 cancelled: the other call goes on
#   2000 cancelled: the other call ends with INTERNAL
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @grpc/grpc-js@1.14.7 >&2
cat > see.mjs <<'JS'
import { Client, credentials, Server, ServerCredentials, status } from "@grpc/grpc-js";

const pass = (value) => value;
const path = "/Test/Say";
const service = { say: { path, requestStream: false, responseStream: true, requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass } };
for (const count of [500, 2000]) {
  const server = new Server();
  server.addService(service, { say: (call) => call.write(Buffer.from("begun")) });
  const port = await new Promise((resolve, reject) => server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, at) => (error ? reject(error) : resolve(at))));
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const start = () => client.makeServerStreamRequest(path, pass, pass, Buffer.from("x"));
  const begun = (call) => new Promise((resolve) => { call.on("error", resolve); call.on("data", resolve); });
  const stays = start();
  const ended = new Promise((resolve) => stays.on("error", ({ code }) => resolve(`ends with ${status[code]}`)));
  await begun(stays);
  const calls = Array.from({ length: count }, start);
  await Promise.all(calls.map(begun));
  for (const call of calls) call.cancel();
  // A call after the burst is answered on the same connection, or on a new one.
  const after = start();
  const alive = begun(after).then(() => new Promise((resolve) => setTimeout(resolve, 500, "goes on")));
  console.log(`${count} cancelled: the other call ${await Promise.race([ended, alive])}`);
  client.close();
  server.forceShutdown();
}
JS
seen=$(node see.mjs)
echo "$seen"
[ "$seen" = "500 cancelled: the other call goes on
2000 cancelled: the other call ends with INTERNAL" ] || { echo "the behaviour has changed" >&2; exit 1; }
