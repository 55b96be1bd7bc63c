import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PeerUnavailable, peerPython } from "./python-environment.ts";

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "cria-peers-"));
});
afterEach(() => rmSync(cache, { recursive: true }));

describe("peerPython", () => {
  it("says what is missing where there is no Python, and leaves nothing behind", () => {
    expect(() => peerPython("python-of-nowhere", cache)).toThrow(PeerUnavailable);
    expect(() => peerPython("python-of-nowhere", cache)).toThrow(/there is no python-of-nowhere: .*ENOENT/);
    expect(readdirSync(cache)).toEqual([]);
  });
});
