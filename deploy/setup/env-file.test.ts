import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withValues, writeEnvFile } from "./env-file.ts";

describe("withValues", () => {
  it("changes a value in its place, adds what is new, and leaves the rest", () => {
    const text = "# mine\nCRIA_WINDOW=3\n\nexport CRIA_DISCORD_TOKEN=old\n";
    expect(withValues(text, { CRIA_DISCORD_TOKEN: "new", CRIA_DISCORD_GUILDS: "1" })).toBe(
      "# mine\nCRIA_WINDOW=3\n\nCRIA_DISCORD_TOKEN=new\nCRIA_DISCORD_GUILDS=1\n",
    );
  });

  it("begins a file that was empty", () => {
    expect(withValues("", { A: "1" })).toBe("A=1\n");
  });
});

describe("writeEnvFile", () => {
  it("writes a file that its owner alone reads", () => {
    const folder = mkdtempSync(join(tmpdir(), "cria-env-"));
    try {
      const path = join(folder, ".env");
      writeEnvFile(path, { A: "1" });
      writeEnvFile(path, { B: "2" });
      expect(readFileSync(path, "utf8")).toBe("A=1\nB=2\n");
      expect(statSync(path).mode & 0o777).toBe(0o600);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
