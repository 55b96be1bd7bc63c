import { AsyncLocalStorage } from "node:async_hooks";

const guards = new AsyncLocalStorage<() => Promise<boolean>>();

/** Requests that are sent only while `mayWrite` says so: discord.js holds them back for a rate limit, however long that takes. */
export async function guarded<T>(mayWrite: () => Promise<boolean>, request: () => Promise<T>): Promise<T> {
  return await guards.run(mayWrite, request);
}

/** Before a request is sent. Rejects where it is not to be sent any more. */
export async function checkGuard(): Promise<void> {
  const mayWrite = guards.getStore();
  if (mayWrite && !(await mayWrite())) throw new Error("another process writes this reply");
}
