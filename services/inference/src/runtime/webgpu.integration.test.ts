import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const execute = promisify(execFile);
const script = fileURLToPath(new URL("webgpu.fixture.ts", import.meta.url));

/** Chromium's package carries SwiftShader, a GPU in software, for Linux on x86-64. */
const hasSwiftShader = process.platform === "linux" && process.arch === "x64";

describe.skipIf(!hasSwiftShader)("OnnxModelRunner on WebGPU over SwiftShader (Linux x64 only)", () => {
  let vulkan: string;

  beforeAll(async () => {
    vulkan = mkdtempSync(path.join(tmpdir(), "cria-swiftshader-"));
    const chromium = createRequire(import.meta.url).resolve("@sparticuz/chromium");
    const packed = path.join(
      chromium.slice(0, chromium.indexOf("/chromium/") + "/chromium/".length),
      "bin/swiftshader.tar.br",
    );
    const tar = path.join(vulkan, "swiftshader.tar");
    writeFileSync(tar, brotliDecompressSync(readFileSync(packed)));
    await execute("tar", ["xf", tar, "-C", vulkan]);
  });
  afterAll(() => rmSync(vulkan, { recursive: true }));

  /** In a process of its own: the loader of Vulkan reads its environment once, and SwiftShader may end badly. */
  async function run(layout: string, device: string): Promise<{ maxNumSeqs: number; passes: number[][] }> {
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: vulkan,
      VK_ICD_FILENAMES: path.join(vulkan, "vk_swiftshader_icd.json"),
    };
    const { stdout } = await execute(process.execPath, ["--import", "tsx", script, layout, device], { env });
    return JSON.parse(stdout);
  }

  it.each(["own", "onnx-community"])(
    "gives the CPU's logits on the %s layout, its KV cache of one row on the device",
    async (layout) => {
      const [cpu, gpu] = await Promise.all([run(layout, "cpu"), run(layout, "webgpu")]);
      expect([cpu.maxNumSeqs, gpu.maxNumSeqs]).toEqual([16, 1]);
      expect(gpu.passes).toHaveLength(6);
      for (const [pass, row] of gpu.passes.entries()) {
        const distance = row.reduce((max, value, i) => Math.max(max, Math.abs(value - cpu.passes[pass]![i]!)), 0);
        expect(distance).toBeLessThan(1e-4);
      }
    },
  );
});
