import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
/** What xllamacpp's wheels want. */
const OLDEST_MINOR = 10;

/** What is compared with cannot be had here. The message says what is missing. */
export class PeerUnavailable extends Error {
  override readonly name = "PeerUnavailable";
}

/**
 * The `python` of an environment that has the packages of `requirements.txt`, beside what the system has. Made on first use,
 * half a minute, in the user's cache folder; another list of packages is another environment.
 * @throws PeerUnavailable without Python 3.10, its venv module, or the packages
 */
export function peerPython(systemPython = "python3", cache = cacheFolder()): string {
  const folder = join(cache, `peers-${sha256(readFileSync(REQUIREMENTS)).slice(0, 12)}`);
  const python = join(folder, "bin/python");
  const ready = join(folder, "ready");
  if (existsSync(ready)) return python;
  requirePython(systemPython);
  rmSync(folder, { recursive: true, force: true });
  attempt(
    [systemPython, "-m", "venv", folder],
    "Python cannot make a virtual environment (on Debian: apt-get install python3-venv)",
  );
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", REQUIREMENTS];
  attempt([python, ...pip], "pip cannot install what bench/peers/requirements.txt names");
  writeFileSync(ready, "");
  return python;
}

/** The SHA-256 of bytes, in hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "cria-bench");
}

function requirePython(python: string): void {
  const minor = attempt(
    [python, "-c", "import sys; print(sys.version_info.minor)"],
    `this bench compares with llama.cpp's server, which comes as a Python package, and there is no ${python}`,
  );
  if (Number(minor) < OLDEST_MINOR)
    throw new PeerUnavailable(`${python} is Python 3.${minor.trim()}; llama.cpp's server needs 3.${OLDEST_MINOR}.`);
}

function attempt([command, ...args]: readonly string[], failure: string): string {
  try {
    return execFileSync(command!, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const lastLine = (stderr || message).trim().split("\n").at(-1);
    throw new PeerUnavailable(`${failure}: ${lastLine}`, { cause: error });
  }
}
