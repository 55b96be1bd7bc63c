import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { afterAll, describe, expect, it } from "vitest";
import { tinyFile } from "../../runtime/stock-decoder.fixture.ts";
import { readGraphFile } from "./graph-file.ts";

describe("readGraphFile", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "cria-graph-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const refuse = (fault: string) => expect.unreachable(fault);

  /** A graph whose only weight lies in another file. */
  function writeGraph(location: string, length = "12"): string {
    const message = (number: number, write: (writer: BinaryWriter) => void) => (writer: BinaryWriter) => {
      write(writer.tag(number, 2).fork());
      writer.join();
    };
    const entry = (key: string, value: string) =>
      message(13, (writer) => void writer.tag(1, 2).string(key).tag(2, 2).string(value));
    const model = new BinaryWriter();
    model.tag(1, 0).int64(10); // ir_version
    message(7, (graph) => {
      message(5, (tensor) => {
        entry("location", location)(tensor);
        entry("length", length)(tensor);
      })(graph);
    })(model);
    const file = path.join(folder, "model.onnx");
    writeFileSync(file, model.finish());
    return file;
  }

  it("lists the operators of a graph, each once, its own file, and the bytes of a position of its KV cache", () => {
    const { operators, weightFiles, kvBytesPerToken } = readGraphFile(tinyFile("own"), refuse);
    expect([...operators]).toContain("GroupQueryAttention");
    expect([...operators]).toContain("GatherND");
    expect(kvBytesPerToken).toBe(2 * 2 * (2 * 16) * 4); // layers, key and value, heads x width, float32
    expect(weightFiles).toEqual([{ path: tinyFile("own"), bytes: statSync(tinyFile("own")).size }]);
  });

  it("finds weights in files beside it", () => {
    const file = writeGraph("model.data");
    writeFileSync(path.join(folder, "model.data"), Buffer.alloc(1000));
    expect(readGraphFile(file, refuse).weightFiles.map(({ bytes }) => bytes)).toEqual([statSync(file).size, 1000]);
  });

  it("knows what Git LFS leaves where a file was not fetched, and says how to fetch it", () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12\n`;
    const faults: string[] = [];
    const file = writeGraph("pointer.data", "1000");
    writeFileSync(path.join(folder, "pointer.data"), pointer);
    readGraphFile(file, (fault) => faults.push(fault));
    expect(faults).toEqual([expect.stringMatching(/^pointer\.data is .*Git LFS .*git lfs pull/)]);
    writeFileSync(file, pointer);
    expect(() => readGraphFile(file, refuse)).toThrow(/^model\.onnx is .*Git LFS .*git lfs pull/);
  });

  it("says which file of weights is missing", () => {
    const faults: string[] = [];
    readGraphFile(writeGraph("lost.data"), (fault) => faults.push(fault));
    expect(faults).toEqual(["lost.data is missing; model.onnx keeps weights in it"]);
  });
});
