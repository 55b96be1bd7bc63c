#!/usr/bin/env bash
# Package: @grpc/grpc-js 1.14.7 (server)
#
# Behaviour: a call whose deadline has passed, and been answered DEADLINE_EXCEEDED, still starts its handler when its client
# ends the request after that. The handler sees `cancelled` false and never gets the "cancelled" event. With any interceptor
# on the server, even one that does nothing, no handler starts.
#
# Why it surprises: the status has left, so the work is for nobody, and nothing tells the handler. A server whose clients set
# short deadlines is kept busy by calls that are over; that an interceptor changes it is told nowhere.
#
# Seen:
#   0 interceptors: answered DEADLINE_EXCEEDED; a handler began, cancelled false
#   1 interceptors: answered DEADLINE_EXCEEDED; no handler began
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @grpc/grpc-js@1.14.7 >&2
cat > see.mjs <<'JS'
import { once } from "node:events";
import { connect } from "node:http2";
import { Server, ServerCredentials, ServerInterceptingCall, status } from "@grpc/grpc-js";

const pass = (value) => value;
const service = { say: { path: "/Test/Say", requestStream: false, responseStream: true, requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass } };
for (const interceptors of [[], [(_, call) => new ServerInterceptingCall(call)]]) {
  let heard = "no handler began";
  const server = new Server({ interceptors });
  server.addService(service, { say: (call) => {
    heard = `a handler began, cancelled ${call.cancelled}`;
    call.on("cancelled", () => { heard += ", then heard of it"; });
  } });
  const port = await new Promise((resolve, reject) => server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, at) => (error ? reject(error) : resolve(at))));
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ":method": "POST", ":path": "/Test/Say", "content-type": "application/grpc", te: "trailers", "grpc-timeout": "20m" });
  stream.write(Buffer.from([0, 0, 0, 0, 1, 7])); // A whole message; that there is no other comes later.
  const [headers] = await once(stream, "response");
  stream.end();
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => session.ping(resolve));
  console.log(`${interceptors.length} interceptors: answered ${status[headers["grpc-status"]]}; ${heard}`);
  session.close();
  server.forceShutdown();
}
JS
seen=$(node see.mjs)
echo "$seen"
[ "$seen" = "0 interceptors: answered DEADLINE_EXCEEDED; a handler began, cancelled false
1 interceptors: answered DEADLINE_EXCEEDED; no handler began" ] || { echo "the behaviour has changed" >&2; exit 1; }
