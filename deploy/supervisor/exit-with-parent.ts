/**
 * Preloaded into every process that local.ts starts: ends it when the other end of its standard input is gone, which
 * happens however local.ts ends, kill -9 included. So nothing is left behind.
 */
const STOP_GRACE_MS = 3000;

process.stdin.on("end", () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(1), STOP_GRACE_MS).unref();
});
process.stdin.resume();
// Listening alone must not keep a process alive that has nothing left to do.
(process.stdin as unknown as { unref?: () => void }).unref?.();
