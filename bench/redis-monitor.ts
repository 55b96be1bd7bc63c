import { connect, type Socket } from "node:net";

/** Commands that clients send to a Redis, as it says itself; what a script runs within it is one with the script. */
export class RedisMonitor {
  readonly #socket: Socket;
  #commands: string[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    let rest = "";
    socket.on("data", (chunk) => {
      const lines = (rest + chunk.toString("latin1")).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (!/\[\d+ lua\]/.test(line)) this.#commands.push(commandOf(line));
    });
  }

  /** Begins to listen. `url` is as `redis://127.0.0.1:6379`. */
  static async open(url: string): Promise<RedisMonitor> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => resolve());
    });
    const monitor = new RedisMonitor(socket);
    socket.write("MONITOR\r\n");
    return monitor;
  }

  /** Names of the commands since the last call. */
  take(): readonly string[] {
    const commands = this.#commands.filter((command) => command !== "");
    this.#commands = [];
    return commands;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** As "evalsha cria:{web:local}:inbox"; "" for what is no command, and for a ping, by which a connection is kept. */
function commandOf(line: string): string {
  const [, name = "", rest = ""] = /^\+\d+\.\d+ \[[^\]]*\] "(\w+)"(.*)$/.exec(line) ?? [];
  const [key = ""] = /cria:[^"]*/.exec(rest) ?? [];
  return name === "" || name === "PING" ? "" : `${name.toLowerCase()} ${key}`.trim();
}
