import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../../deploy/ports.ts";
import { ROOT } from "../../deploy/settings.ts";
import { MODEL } from "../service.ts";
import type { Engine, Piece } from "./engine.ts";
import { PeerUnavailable, peerPython, sha256 } from "./python-environment.ts";
import { serverSentEvents } from "./server-sent-events.ts";

const HOST = "127.0.0.1";
/** As our service has by default: sequences at once, context of each. */
const SLOTS = 16;
const TOKENS_A_SLOT = 4096;
/** Of a pass, and of our service beside it. */
export const THREADS = 2;
const READY_MS = 60_000;
const POLL_MS = 100;
const PROGRAM = join(import.meta.dirname, "llama-server.py");

/** llama.cpp's own HTTP server on the file that our model was made from, with its defaults but for slots and threads. */
export class LlamaServer implements Engine {
  readonly name = "llama.cpp";
  readonly #child: ChildProcess;
  readonly #url: string;
  /** The last that it logged. */
  #log = "";

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#url = `http://${HOST}:${port}`;
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#log = (this.#log + text).slice(-2_000);
    });
  }

  /**
   * Starts it on a free port and waits until it serves.
   * @throws PeerUnavailable where it cannot be had
   */
  static async start(): Promise<LlamaServer> {
    const python = peerPython();
    requireSameFile(python);
    const port = await freePort(HOST);
    const args = [PROGRAM, port, SLOTS, TOKENS_A_SLOT, THREADS].map(String);
    const child = spawn(python, args, { stdio: ["pipe", "ignore", "pipe"] });
    const server = new LlamaServer(child, port);
    await server.#untilReady();
    return server;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async *stream(prompt: string, maxTokens: number, signal?: AbortSignal): AsyncIterable<Piece> {
    const body = JSON.stringify({ prompt, max_tokens: maxTokens, temperature: 0, ignore_eos: true, stream: true });
    const response = await fetch(`${this.#url}/v1/completions`, { method: "POST", body, signal: signal ?? null });
    if (!response.ok) throw new Error(`llama.cpp's server answers ${response.status}: ${await response.text()}`);
    for await (const data of serverSentEvents(response.body!)) if (data !== "[DONE]") yield pieceOf(JSON.parse(data));
  }

  async stop(): Promise<void> {
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 3000);
    if (this.#child.exitCode === null) await once(this.#child, "exit");
    clearTimeout(timer);
  }

  async #untilReady(): Promise<void> {
    const giveUpAtMs = performance.now() + READY_MS;
    while (!(await this.#isReady())) {
      if (this.#child.exitCode !== null || performance.now() > giveUpAtMs) {
        await this.stop();
        throw new PeerUnavailable(`llama.cpp's server does not start: ${this.#log.trim().split("\n").at(-1)}`);
      }
      await wait(POLL_MS);
    }
  }

  #isReady(): Promise<boolean> {
    return fetch(`${this.#url}/health`).then(
      (response) => response.ok,
      () => false,
    );
  }
}

interface CompletionChunk {
  readonly choices: readonly { readonly text: string }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

/** It sends a piece for each token, but for one that ends in the middle of a character. */
function pieceOf({ choices, usage }: CompletionChunk): Piece {
  const text = choices[0]?.text ?? "";
  if (!usage) return { text, numTokens: 1 };
  return {
    text,
    numTokens: text ? 1 : 0,
    usage: { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens },
  };
}

/** Both must compute the same: our model's manifest says from which file it was made. */
function requireSameFile(python: string): void {
  const file = execFileSync(python, [PROGRAM, "--file"], { encoding: "utf8" }).trim();
  const { source } = JSON.parse(readFileSync(join(ROOT, "models", MODEL, "cria.json"), "utf8"));
  if (sha256(readFileSync(file)) !== source.sha256)
    throw new PeerUnavailable(`${file} is not the file that ${MODEL} was made from; its cria.json names that one.`);
}
