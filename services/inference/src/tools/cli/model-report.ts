import type { CatalogModel } from "../../registry/model-catalog.ts";
import type { ModelCheck } from "./check-model.ts";

/** A table of models: one line each, columns aligned; broken ones after it, with the reason. */
export function modelTable(models: readonly CatalogModel[], defaultModel: string | undefined): string {
  const whole = models.filter(({ faults }) => faults.length === 0);
  const header = ["NAME", "FORMAT", "CONTEXT", "SIZE", "BASE", "DESCRIPTION"];
  const rows = whole.map((model) => [
    `${model.name}${model.name === defaultModel ? " *" : ""}`,
    model.promptFormat.type,
    `${model.maxModelLen}`,
    model.base === undefined ? byteSize(model.weightBytes) : "-",
    model.base ?? "-",
    model.description,
  ]);
  const broken = models.filter(({ faults }) => faults.length > 0);
  const reasons = broken.map(brokenLine);
  const table = whole.length > 0 ? alignColumns([header, ...rows]) : [];
  const legend = whole.some(({ name }) => name === defaultModel) ? ["* the default model"] : [];
  return [...table, ...legend, ...reasons].join("\n");
}

/** A broken one, with the reason. */
export function brokenLine({ name, faults }: Pick<CatalogModel, "name" | "faults">): string {
  return `broken: ${name}: ${faults.join("; ")}`;
}

/** Everything about one model, a line a field; of a broken one what is known, and what is wrong. */
export function modelDetails(model: CatalogModel, endOfReply: string): string {
  const { name, description, base = "", faults, licence, revision } = model;
  const known: [string, string][] = [
    ["name", name],
    ["description", description],
    ["base", base],
    ...faults.map((fault): [string, string] => ["broken", fault]),
    ...(faults.length > 0 ? [] : settings(model, endOfReply)),
    ["licence", licence],
    ["revision", revision],
  ];
  return alignColumns(known.filter(([, value]) => value !== "")).join("\n");
}

function settings(model: CatalogModel, endOfReply: string): [string, string][] {
  const { repetitionPenalty, temperature, topK, topP, minP } = model.sampling;
  return [
    ["prompt format", model.promptFormat.type],
    ["system", model.system],
    ["stop", model.stop.map((text) => JSON.stringify(text)).join(" ")],
    [
      "sampling",
      `temperature ${temperature}, top-p ${topP}, top-k ${topK}, min-p ${minP}, repetition ${repetitionPenalty}`,
    ],
    ["reply", `at most ${model.maxTokens} tokens by default`],
    ["context", `${model.maxModelLen} tokens`],
    ["end of reply", endOfReply],
    ["weights", byteSize(model.weightBytes)],
  ];
}

/** One model's check: its verdict, then a line a finding. */
export function checkReport({ name, isSound, findings }: ModelCheck): string {
  return [`${name}: ${isSound ? "sound" : "BROKEN"}`, ...findings.map((finding) => `  ${finding}`)].join("\n");
}

/** Every column but the last as wide as its widest cell. What a manifest says may hold anything; a row stays a line. */
function alignColumns(cells: readonly (readonly string[])[]): string[] {
  const rows = cells.map((row) => row.map((cell) => cell.replace(/\p{Cc}+/gu, " ")));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

/** As disks are sold: 1 MB is a million bytes. */
export function byteSize(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
