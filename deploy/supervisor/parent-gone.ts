const POLL_MS = 500;

/**
 * Calls back once when the process that started this one is gone. Under npm that is the only sign of a signal to npm alone,
 * as process supervisors send it: it ends npm and the shell between, and does not reach what runs in the shell.
 */
export function onceParentIsGone(callback: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, POLL_MS);
  timer.unref();
}
