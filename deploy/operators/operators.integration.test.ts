import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { connectRedis, createRedisStoresOver } from "@cria/bot-core";
import { hasRedisServer, type RedisServer, startRedisServer } from "@cria/bot-core/testing";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleProgram } from "../../test/bundle-program.ts";
import { ROOT } from "../settings.ts";

const run = promisify(execFile);
const hasRedis = hasRedisServer(process.env.PATH ?? "");
if (!hasRedis) process.stderr.write("skipped: operators' commands, because redis-server is not on the PATH\n");
const key = "slack:T1:C1";

describe.skipIf(!hasRedis)("operators' commands", () => {
  let server: RedisServer;
  let folder: string;
  let programs: Readonly<Record<"memory" | "feedback", string>>;
  beforeAll(async () => {
    programs = {
      memory: await bundleProgram("deploy/operators/memory.ts"),
      feedback: await bundleProgram("deploy/operators/feedback.ts"),
    };
    server = await startRedisServer();
    folder = await mkdtemp(join(tmpdir(), "cria-operators-"));
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const cria = (script: "memory" | "feedback", ...args: readonly string[]) =>
    run(process.execPath, [programs[script], ...args], {
      cwd: ROOT,
      env: { ...process.env, CRIA_REDIS_URL: server.url },
    });
  const fill = async () => {
    const redis = await connectRedis(server.url, pino({ level: "silent" }));
    const stores = createRedisStoresOver(redis, { roundsTtlMs: 60_000 });
    await stores.rounds.append(
      key,
      { author: "Ann", user: "Hi", context: "A text.", assistant: "\u001b[2JHello.", atMs: 0 },
      { window: 6, generation: "" },
    );
    await stores.settings.update(key, { model: "smollm2-135m" });
    const rating = { atMs: 0, conversation: key, replyId: "r", authorId: "u", rating: "up", model: "m" };
    const words = { question: "Hi", context: "A text.", reply: "Hello." };
    const entry = JSON.stringify({ ...rating, ...words });
    await redis.run((client) => client.xAdd("cria:{slack:T1}:feedback", "*", { json: entry }));
    await stores.close();
  };

  it("say that nothing is remembered", async () => {
    expect(await cria("memory", "show")).toEqual({ stdout: "", stderr: "Nothing is remembered.\n" });
    for (const unknown of ["nope", "cria:{slack:T1:C1}:turns", key]) {
      const stderr = expect.stringMatching(/^Cria: nothing is remembered under .*\n$/);
      await expect(cria("memory", "show", unknown)).rejects.toMatchObject({ code: 1, stdout: "", stderr });
    }
  });

  it("export the replies that were liked as Alpaca JSONL", async () => {
    await fill();
    const example = '{"instruction":"Hi","input":"A text.","output":"Hello."}\n';
    expect((await cria("feedback", "export")).stdout).toBe(example);
    const out = join(folder, "liked.jsonl");
    expect((await cria("feedback", "export", "--out", out)).stderr).toMatch(/^1 example of \d+ ratings? in /);
    expect(await readFile(out, "utf8")).toBe(example);
  });

  it("forget no platform whole", async () => {
    await fill();
    const stderr = expect.stringMatching(/^Cria: slack names no conversation and no workspace; a key looks like .*\n$/);
    await expect(cria("memory", "forget", "slack")).rejects.toMatchObject({ code: 1, stderr });
    expect((await cria("memory", "show")).stdout).toBe(`${key}\n`);
  });

  it.each([
    ["CRIA_REDIS_URL", "foo"],
    ["CRIA_MAX_TOKENS", "abc"],
  ])("refuse a %s that cannot be", async (name, value) => {
    for (const [script, ...args] of [
      ["memory", "show"],
      ["feedback", "export"],
    ] as const) {
      const env = { ...process.env, CRIA_REDIS_URL: server.url, [name]: value };
      const stderr = expect.stringMatching(new RegExp(`^Cria: ${name}\\b.* must be .*\n$`));
      const called = run(process.execPath, [programs[script], ...args], { cwd: ROOT, env });
      await expect(called).rejects.toMatchObject({ code: 2, stderr });
    }
  });

  it("show what is remembered and forget it", async () => {
    await fill();
    expect((await cria("memory", "show")).stdout).toBe(`${key}\n`);
    const { stdout } = await cria("memory", "show", key);
    expect(stdout).toMatch(/^model: smollm2-135m\n\d+ rounds?\n/);
    expect(stdout).toContain("1970-01-01T00:00:00.000Z Ann: Hi\nabout: A text.\nCria: [2JHello.\n");
    expect((await cria("memory", "show", "slack:T1")).stdout).toMatch(/^0 rounds\nslack:T1:C1: \d+ rounds?\n$/);
    expect((await cria("memory", "forget", key)).stdout).toMatch(
      /^Forgot 2 keys of slack:T1:C1, \d+ lines? about it in transcript and feedback, and 0 pending messages\.\n$/,
    );
    expect((await cria("memory", "show")).stdout).toBe("");
    const stderr = expect.stringMatching(/^Cria: nothing is remembered under slack:T1:C1; /);
    await expect(cria("memory", "forget", key)).rejects.toMatchObject({ code: 1, stderr });
  });

  it.each(["memory show", "feedback export"])("end quietly where nobody reads on: %s", async (command) => {
    await fill();
    const [script, ...args] = command.split(" ") as ["memory" | "feedback", string];
    const env = { ...process.env, CRIA_REDIS_URL: server.url };
    const child = spawn(process.execPath, [programs[script], ...args], { cwd: ROOT, env });
    child.stdout.destroy();
    const [[code], said] = await Promise.all([once(child, "exit"), text(child.stderr)]);
    expect({ code, said }).toEqual({ code: 0, said: expect.not.stringContaining("EPIPE") });
  });

  it("change nothing of what they show", async () => {
    const [channel, thread] = ["slack:T2:C1", "slack:T2:C1:17"];
    const redis = await connectRedis(server.url, pino({ level: "silent" }));
    const { rounds, close } = createRedisStoresOver(redis, { roundsTtlMs: 60_000 });
    const { generation } = await rounds.begin(thread);
    const round = { author: "Ann", user: "Hi", assistant: "Hello.", atMs: 0 };
    await rounds.append(thread, round, { window: 6, generation });
    expect((await cria("memory", "show", thread)).stdout).toContain("Ann: Hi");
    expect(await rounds.reset(channel)).toBe(1);
    await close();
  });

  it("say how they are used, and that there is no Redis", async () => {
    const misuse = (script: string) => ({
      code: 2,
      stderr: expect.stringMatching(`^Cria: .*Usage: npm run ${script} .*\n$`),
    });
    for (const args of [["frget"], ["show", "--bad"], ["forget"]])
      await expect(cria("memory", ...args)).rejects.toMatchObject(misuse("memory"));
    await expect(cria("feedback")).rejects.toMatchObject(misuse("feedback"));
    await expect(cria("feedback", "export", "--to", "x")).rejects.toMatchObject(misuse("feedback"));
    expect((await cria("memory", "--help")).stdout).toMatch(/^Usage: npm run memory/);
    const env = { ...process.env, CRIA_REDIS_URL: "", CRIA_STATE_DIR: folder };
    const lonely = run(process.execPath, [programs.memory, "show"], { cwd: ROOT, env });
    await expect(lonely).rejects.toThrow(/there is no Redis: set CRIA_REDIS_URL/);
  });
});
