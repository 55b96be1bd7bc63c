import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { StartError } from "../start-error.ts";

/** Whoever sets something up, in front of a terminal. */
export interface Terminal {
  say(line: string): void;
  /** The next line they write, without blanks at its ends. Rejects when there is none to come. */
  ask(question: string): Promise<string>;
  /** As `ask`, and what they write does not show. */
  askSecret(question: string): Promise<string>;
}

/** A token that they write: asked for until there is one. */
export async function askToken(terminal: Terminal, name: string): Promise<string> {
  for (;;) {
    const token = await terminal.askSecret(`${name} (it does not show):`);
    if (token !== "") return token;
    terminal.say("That was empty. Paste the token, then press Enter; Ctrl-C leaves everything as it is.");
  }
}

/** The terminal of this process; lines piped in are answers as well. */
export function openTerminal(): Terminal & { close(): void } {
  let isSecret = false;
  const output = new Writable({
    write(chunk, _, done) {
      if (!isSecret) process.stdout.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY === true });
  const answers = lines[Symbol.asyncIterator]();
  const ask = async (question: string, hides: boolean): Promise<string> => {
    process.stdout.write(`${question} `);
    isSecret = hides;
    const { value, done } = await answers.next();
    isSecret = false;
    if (hides) process.stdout.write("\n");
    if (done) throw new StartError("the answer to that is missing");
    return value.trim();
  };
  return {
    say: (line) => console.log(line),
    ask: (question) => ask(question, false),
    askSecret: (question) => ask(question, true),
    close: () => lines.close(),
  };
}
