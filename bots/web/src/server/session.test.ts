import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSecret, personName, readSession, startSession } from "./session.ts";

const SECRET = "a secret for tests";

function createSessionApp(secret: string): Hono {
  return new Hono()
    .get("/start/:name", async (context) =>
      context.json(await startSession(context, secret, context.req.param("name"))),
    )
    .get("/read", async (context) => context.json((await readSession(context, secret)) ?? null));
}

const cookieOf = (response: Response) => response.headers.get("set-cookie")!.split(";")[0]!;
const read = async (cookie: string, secret = SECRET) =>
  await (await createSessionApp(secret).request("/read", { headers: { cookie } })).json();

describe("sessions", () => {
  it("are known again by their cookie, which no script and no other site can use", async () => {
    const response = await createSessionApp(SECRET).request("/start/Ada");
    expect(response.headers.get("set-cookie")).toMatch(/HttpOnly; SameSite=Strict$/);
    expect(await read(cookieOf(response))).toEqual(await response.json());
  });

  it.each([
    ["https://chat.example.org", true],
    ["http://localhost:3000", false],
  ])("on a page at %s: a cookie for TLS alone: %s", async (origin, isSecure) => {
    const response = await createSessionApp(SECRET).request("/start/Ada", { headers: { origin } });
    expect(response.headers.get("set-cookie")!.includes("; Secure")).toBe(isSecure);
  });

  it("keep their id when the name changes", async () => {
    const app = createSessionApp(SECRET);
    const first = await app.request("/start/Ada");
    const second = await app.request("/start/Ada%20L.", { headers: { cookie: cookieOf(first) } });
    expect(await second.json()).toEqual({ ...(await first.json()), name: "Ada L." });
  });

  it("of two installations on one host stand side by side", async () => {
    const [one, other] = await Promise.all(
      [SECRET, "another secret"].map((secret) => createSessionApp(secret).request("/start/Ada")),
    );
    const both = `${cookieOf(one!)}; ${cookieOf(other!)}`;
    expect(await read(both)).toEqual(await one!.json());
    expect(await read(both, "another secret")).toEqual(await other!.json());
  });

  it("are refused when their content, their signature or the secret is another", async () => {
    const cookie = cookieOf(await createSessionApp(SECRET).request("/start/Ada"));
    expect(await read(cookie.replace("Ada", "Bob"))).toBeNull();
    expect(await read(cookie.slice(0, -6))).toBeNull();
    expect(await read(cookie.split(".")[0]!)).toBeNull();
    expect(await read(cookie, "another secret")).toBeNull();
    expect(await read(`${cookie.split("=")[0]}=; x=y`)).toBeNull();
  });
});

describe("personName", () => {
  it.each([
    ["Ada", "Ada"],
    ["  Ada   Lovelace ", "Ada Lovelace"],
    ["Søren O'Neil-Ümit Jr.", "Søren O'Neil-Ümit Jr."],
    ["李小龙", "李小龙"],
    ["שרה", "שרה"],
    ["e\u0301ve", "éve"],
    ["Cria2", "Cria2"],
    ["Criam", "Criam"],
  ])("takes %j as %j", (text, name) => {
    expect(personName(text)).toBe(name);
  });

  it.each([
    ["", "at least one letter"],
    ["   ", "at least one letter"],
    ["x".repeat(33), "33 characters"],
    ["<script>", "begins with a letter"],
    ["Ada<b>", "begins with a letter"],
    ["a\u202eb", "begins with a letter"],
    ["cRiA", "the assistant's name"],
    ["Cria.", "the assistant's name"],
    ["C r-i_a", "the assistant's name"],
    ["Ｃria", "the assistant's name"],
    ["Críã", "the assistant's name"],
  ])("refuses %j", (text, sentence) => {
    expect(() => personName(text)).toThrow(sentence);
  });
});

describe("loadSecret", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "cria-secret-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("makes one that only its owner can read, and keeps it", async () => {
    const path = join(folder, "state", "web-secret");
    const [first, second] = await Promise.all([loadSecret(path), loadSecret(path)]);
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(second).toBe(first);
    expect(await readFile(path, "utf8")).toBe(first);
    expect(await loadSecret(path)).toBe(first);
    expect(await readdir(join(folder, "state"))).toEqual(["web-secret"]);
    if (process.platform !== "win32") expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each(["", "short", "  fifteen chars. \n"])("refuses a file that holds %j and says what to do", async (content) => {
    const path = join(folder, "web-secret");
    await writeFile(path, content);
    await expect(loadSecret(path)).rejects.toThrow(/characters; a secret has 16 or more\. Delete the file/);
  });

  it("says what is wrong with a path that cannot be read", async () => {
    const path = join(folder, "web-secret");
    await mkdir(path);
    await expect(loadSecret(path)).rejects.toThrow("EISDIR");
  });
});
