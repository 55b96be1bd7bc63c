import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../deploy/settings.ts";

const SOURCES = ["services/inference/src", "bots", "deploy"];
const isText = (path: string) => /\.(tsx?|proto)$/.test(path) && !path.includes("node_modules");
const isSource = (path: string) => /\.tsx?$/.test(path) && !/\.test\.|node_modules|testing/.test(path);

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const variablesIn = (text: string) => text.match(/CRIA_[A-Z_]+[A-Z](?![A-Z_])/g) ?? [];

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path));
}

function documents(): string[] {
  const pages = [...filesBelow("docs"), ...filesBelow("models"), "README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
  return pages.filter((path) => path.endsWith(".md"));
}

describe("the documents", () => {
  it("name every environment variable there is, and no other", () => {
    const used = SOURCES.flatMap(filesBelow)
      .filter(isSource)
      .flatMap((path) => variablesIn(read(path)));
    const documented = variablesIn(read("docs/configuration.md")).filter((name) => !name.startsWith("CRIA_TEST_"));
    expect([...new Set(documented)].sort()).toEqual([...new Set(used)].sort());
  });

  it("are there where the code says so", () => {
    const mentions = [...SOURCES, "proto/cria"]
      .flatMap(filesBelow)
      .filter(isText)
      .flatMap((path) => read(path).match(/(?<!ggml's )docs\/[\w/-]+\.md/g) ?? []);
    expect([...new Set(mentions)].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it.each(documents())("%s links to files that exist", (path) => {
    const links = [...read(path).matchAll(/\]\(([^)#\s]+)/g)].map((match) => match[1]!);
    const files = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(files.filter((link) => !existsSync(join(ROOT, dirname(path), link)))).toEqual([]);
  });
});
