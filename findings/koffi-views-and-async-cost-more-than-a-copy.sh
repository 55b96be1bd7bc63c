#!/usr/bin/env bash
# Package: koffi 3.3.4, on Node 20
#
# Behaviour: of three ways to copy foreign memory, calling C's memcpy on the event loop's own thread is the fastest, by far
# where pieces are small: typed arrays over koffi.view take three times as long, and memcpy.async, on libuv's threads, twenty
# times. More than 256 calls by .async at once throw "Too many asynchronous calls are running".
#
# Why it surprises: a view looks like a pointer, and .async like work that is done beside one's own. A view is an ArrayBuffer
# with a finalizer, .async a queue, a thread and a callback: in pieces of 8 KB each costs more than the copy that it is for.
#
# Seen, in ms a MB, best of 25, on a busy machine:
#   8192 bytes: memcpy 0.15, views 0.51, async 3.41
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund koffi@3.3.4 >&2
cat > see.mjs <<'JS'
import koffi from "koffi";
const libc = koffi.load("libc.so.6");
const malloc = libc.func("malloc", "void*", ["size_t"]);
const memcpy = libc.func("memcpy", "void*", ["void*", "void*", "size_t"]);
const [MB, BYTES] = [2 ** 20, 8192];
const TOTAL = 48 * MB;
const [from, to] = [malloc(TOTAL), malloc(TOTAL)].map((pointer) => koffi.address(pointer));
for (const place of [from, to]) new Uint8Array(koffi.view(place, TOTAL)).fill(1);
const view = (place) => new Uint8Array(koffi.view(place, BYTES));
const ways = {
  memcpy: (source, target) => void memcpy(target, source, BYTES),
  views: (source, target) => void view(target).set(view(source)),
  async: (source, target) => new Promise((resolve) => memcpy.async(target, source, BYTES, resolve)),
};
async function msAMb(copy) {
  const startedAt = performance.now();
  for (let batch = 0; batch < TOTAL; batch += 64 * BYTES)
    await Promise.all(Array.from({ length: 64 }, (_, i) => copy(from + BigInt(batch + i * BYTES), to + BigInt(batch + i * BYTES))));
  return ((performance.now() - startedAt) * MB) / TOTAL;
}
const seen = { memcpy: Infinity, views: Infinity, async: Infinity };
for (let round = 0; round < 25; round++)
  for (const name of Object.keys(ways)) seen[name] = Math.min(seen[name], await msAMb(ways[name]));
console.log(`${BYTES} bytes: ${Object.entries(seen).map(([name, ms]) => `${name} ${ms.toFixed(2)}`).join(", ")}`);
if (seen.views < 1.5 * seen.memcpy || seen.async < 1.5 * seen.memcpy) throw new Error("the behaviour has changed");
JS
node see.mjs
