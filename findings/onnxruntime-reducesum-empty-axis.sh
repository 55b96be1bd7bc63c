#!/usr/bin/env bash
# Package: onnxruntime-node 1.30.0 (CPU)
#
# Behaviour: ReduceSum with keepdims 0 over an empty tensor keeps the reduced axis where it is named from the end (-1). Named
# from the beginning (2 of 3), it goes, as it does for any tensor that holds something.
#
# Why it surprises: ONNX defines the two names as the same axis, and the result's rank then depends on whether there is
# anything to add up. A graph that works for every batch fails for an empty one, some nodes later, where shapes do not fit.
#
# Seen:
#   ReduceSum of [1,2,4], axis 2, keepdims 0 -> [1,2]
#   ReduceSum of [0,2,4], axis 2, keepdims 0 -> [0,2]
#   ReduceSum of [1,2,4], axis -1, keepdims 0 -> [1,2]
#   ReduceSum of [0,2,4], axis -1, keepdims 0 -> [0,2,4]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 >&2
cat > see.mjs <<'JS'
import { InferenceSession, Tensor } from "onnxruntime-node";
const key = (n, wire) => { const tag = (n << 3) | wire; return Buffer.from(tag < 128 ? [tag] : [(tag & 127) | 128, tag >> 7]); };
const number = (n, value) => Buffer.concat([key(n, 0), Buffer.from([value])]);
const message = (n, ...parts) => { const body = Buffer.concat(parts); return Buffer.concat([key(n, 2), Buffer.from([body.length]), body]); };
const text = (n, value) => message(n, Buffer.from(value));
const int64 = (n, value) => { const bytes = Buffer.alloc(8); bytes.writeBigInt64LE(BigInt(value)); return message(n, bytes); };
const dims = (...names) => message(2, message(1, number(1, 1), message(2, ...names.map((name) => message(1, typeof name === "number" ? number(1, name) : text(2, name))))));
const reduce = (axis) => {
  const axes = message(5, number(1, 1), number(2, 7), text(8, "axes"), int64(9, axis));
  const keepdims = message(5, text(1, "keepdims"), number(3, 0), number(20, 2));
  const node = message(1, text(1, "x"), text(1, "axes"), text(2, "y"), text(4, "ReduceSum"), keepdims);
  const value = (n, name, type) => message(n, text(1, name), type);
  const graph = message(7, node, text(2, "g"), axes, value(11, "x", dims("a", "b", 4)), value(12, "y", dims("c", "d")));
  return Buffer.concat([number(1, 8), message(8, text(1, ""), number(2, 17)), graph]);
};
for (const axis of [2, -1])
  for (const rows of [1, 0]) {
    const session = await InferenceSession.create(reduce(axis), { logSeverityLevel: 4 });
    const x = new Tensor("float32", new Float32Array(rows * 8), [rows, 2, 4]);
    const shape = await session.run({ x }).then(({ y }) => `[${y.dims}]`, (error) => `Error: ${error.message.split("\n")[0]}`);
    console.log(`ReduceSum of [${x.dims}], axis ${axis}, keepdims 0 -> ${shape}`);
  }
JS
seen=$(node see.mjs)
echo "$seen"
[ "$seen" = "ReduceSum of [1,2,4], axis 2, keepdims 0 -> [1,2]
ReduceSum of [0,2,4], axis 2, keepdims 0 -> [0,2]
ReduceSum of [1,2,4], axis -1, keepdims 0 -> [1,2]
ReduceSum of [0,2,4], axis -1, keepdims 0 -> [0,2,4]" ] || { echo "the behaviour has changed" >&2; exit 1; }
