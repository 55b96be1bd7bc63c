/**
 * Preloaded into every process that local.ts starts: ends it when the other end of its standard input is gone, which
 * happens however local.ts ends, kill -9 included. So nothing is left behind.
 */
const STOP_GRACE_MS = 3000;

process.stdin.on("end", () => {
  // Nobody reads the log any more, and the logger's last flush would try to write to the broken pipe for ever.
  process.prependOnceListener("exit", () => process.kill(process.pid, "SIGKILL"));
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(1), STOP_GRACE_MS).unref();
});
process.stdin.resume();
// Listening alone must not keep a process alive that has nothing left to do.
(process.stdin as unknown as { unref?: () => void }).unref?.();
