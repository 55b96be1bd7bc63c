import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MODEL_NAME, manifestSchema, modelNameOf } from "./manifest.ts";

describe("manifestSchema", () => {
  it("takes an empty manifest", () => {
    expect(manifestSchema.parse({})).toEqual({ description: "" });
  });

  it("is explained field by field in docs/models.md", () => {
    const docs = readFileSync(new URL("../../../../docs/models.md", import.meta.url), "utf8");
    const { shape } = manifestSchema;
    const sampling = Object.keys(shape.sampling.unwrap().shape);
    const formats = shape.promptFormat
      .unwrap()
      .options.flatMap((format) => [format.shape.type.value, ...Object.keys(format.shape)]);
    for (const field of [...Object.keys(shape), ...sampling, ...formats]) expect(docs).toContain(`\`${field}\``);
  });
});

describe("modelNameOf", () => {
  it.each([
    ["/models/SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2-135m-instruct.q4_1"],
    ["Mein Modell (neu).GGUF", "mein-modell-neu-"],
    ["_x.gguf", "x"],
    [`${"a".repeat(99)}.gguf`, "a".repeat(64)],
  ])("makes a name of %s", (file, name) => {
    expect(modelNameOf(file)).toBe(name);
    expect(name).toMatch(MODEL_NAME);
  });
});
