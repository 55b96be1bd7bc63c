import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { dirname, join, relative, resolve } from "node:path";
import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";
import { MISUSED, StartError } from "./start-error.ts";

/** A running `npm start`. */
export interface Instance {
  readonly pid: number;
  /** Where its inference service listens, as "127.0.0.1:50051". */
  readonly inferenceAddress: string;
  readonly webUrl: string;
}

/** An instance that runs answers at once, from a machine under load within this. */
const ANSWER_MS = 2_000;

/**
 * Claims a state folder for this process by listening on a socket in it that tells everyone who connects about the
 * instance. A socket, not a file with a process id: it cannot outlive its process. Returns the function that lets go.
 * @throws StartError when another process has the folder, or may have it, or when it cannot be made
 */
export async function claimInstance(stateDir: string, instance: Instance): Promise<() => void> {
  makeStateDir(stateDir);
  const path = socketPath(stateDir);
  const server = createServer((socket) => socket.on("error", () => {}).end(JSON.stringify(instance)));
  if (await tryListen(server, path)) return () => server.close();
  const other = await findInstance(stateDir);
  if (other) throw new StartError(describeOther(other));
  rmSync(path, { force: true }); // Left by a process that was killed.
  if (await tryListen(server, path)) return () => server.close();
  throw new StartError(`cannot listen on ${path}; is another \`npm start\` just beginning?`);
}

/**
 * The instance that has this state folder, if one runs. Rejects with the signal's reason when it aborts.
 * @throws StartError when it does not answer, as one that was suspended
 */
export async function findInstance(stateDir: string, signal?: AbortSignal): Promise<Instance | undefined> {
  const limit = AbortSignal.timeout(ANSWER_MS);
  const socket = connect(socketPath(stateDir));
  try {
    return JSON.parse(await text(addAbortSignal(AbortSignal.any(signal ? [signal, limit] : [limit]), socket)));
  } catch {
    signal?.throwIfAborted();
    if (limit.aborted) throw new StartError(describeSilent(stateDir));
    return undefined;
  }
}

function makeStateDir(stateDir: string): void {
  try {
    makeFolder(stateDir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const fault = `CRIA_STATE_DIR is ${stateDir}, which cannot be a folder to write in: ${reason}`;
    throw new StartError(`${fault}. Choose another one, then start again`, MISUSED);
  }
}

/** As `mkdir` with `recursive`, which in Node 20 never returns from folders like /proc that take no files. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (!existsSync(path)) makeFolder(dirname(path));
  mkdirSync(path);
}

function describeSilent(stateDir: string): string {
  return `the \`npm start\` that has ${stateDir} does not answer within ${ANSWER_MS / 1000} s. If Ctrl-Z has suspended it, \`fg\` in its terminal lets it go on; else end it`;
}

function describeOther({ pid, webUrl }: Instance): string {
  return `Cria runs already from this folder: process ${pid}, ${webUrl}. Stop it first, or set CRIA_STATE_DIR and CRIA_WEB_PORT for a second one`;
}

function tryListen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen(path, () => resolve(true));
  });
}

/** Relative where that is shorter: a Unix socket's path may have about 100 bytes. */
function socketPath(stateDir: string): string {
  const absolute = resolve(stateDir, "local.sock");
  if (process.platform === "win32")
    return join("\\\\.\\pipe", `cria-${createHash("sha256").update(absolute).digest("hex")}`);
  const fromHere = relative(process.cwd(), absolute);
  return fromHere.length < absolute.length ? fromHere : absolute;
}
