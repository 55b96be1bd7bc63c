import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fakeModel, type InferenceServer, startInferenceServer } from "@cria/bot-core/testing";
import { Finished, type GenerateRequest, type GenerateResponse, ListModelsResponse, Started } from "@cria/proto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bundleProgram } from "../../test/bundle-program.ts";
import { ROOT } from "../settings.ts";

const run = promisify(execFile);
const REPLY: readonly GenerateResponse[] = [
  { event: { $case: "started", value: Started.fromPartial({ promptTokens: 3 }) } },
  { event: { $case: "delta", value: { text: "It is so.", tokenIds: [], logprobs: [] } } },
  { event: { $case: "finished", value: Finished.fromPartial({ textLength: 9 }) } },
];

describe("npm run ask", () => {
  let server: InferenceServer;
  let received: GenerateRequest | undefined;
  let program: string;
  beforeAll(async () => {
    program = await bundleProgram("deploy/ask/ask.ts");
    server = await startInferenceServer({
      listModels: (_, done) => done(null, ListModelsResponse.fromPartial({ models: [fakeModel()] })),
      generate: (call) => {
        received = call.request;
        for (const response of REPLY) call.write(response);
        call.end();
      },
    });
  });
  beforeEach(() => {
    received = undefined;
  });
  afterAll(() => server.kill());

  /** Runs a line of shell in which `ask` stands for the command. */
  const shell = (line: string) =>
    run("sh", ["-c", `ask() { "${process.execPath}" "${program}" "$@"; }; ${line}`], {
      cwd: ROOT,
      env: { ...process.env, CRIA_INFERENCE_ADDRESS: server.address },
    });
  const prompt = () => received?.prompt.map(({ text }) => text).join("");

  it("asks about the text that comes in", async () => {
    expect(await shell('echo "Alpacas hum." | ask "Summarise"')).toEqual({ stdout: "It is so.\n", stderr: "" });
    expect(prompt()).toBe("Alpacas hum.\n\nSummarise");
  });

  it("takes what comes in for the question where there is no other", async () => {
    await shell('echo "Do alpacas hum?" | ask');
    expect(prompt()).toContain("Do alpacas hum?");
  });

  it("asks the words alone where nothing comes in", async () => {
    await shell('ask "Do alpacas hum?" < /dev/null');
    expect(prompt()).toContain("Do alpacas hum?");
    await shell('true | ask "Do alpacas spit?"');
    expect(prompt()).toContain("Do alpacas spit?");
  });

  it.skipIf(process.platform !== "linux")(
    "says why an answer cannot be written, and nothing where nobody reads it",
    async () => {
      await expect(shell('ask "Do alpacas hum?" > /dev/full')).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^Cria: the answer cannot be written: .*ENOSPC.*\n$/),
      });
      expect(await shell('ask "Do alpacas hum?" | true')).toEqual({ stdout: "", stderr: "" });
    },
  );

  it("advises the option by which a model is chosen here", async () => {
    await expect(shell('ask --model big "Do alpacas hum?" < /dev/null')).rejects.toMatchObject({
      code: 1,
      stderr: 'Cria: There is no model "big"; there is fake. Choose another with --model.\n',
    });
  });

  it("refuses text that is none, or more than a message may have", async () => {
    await expect(shell('printf "\\377\\001" | ask "Summarise"')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Cria: I can only read text files, and the piped text is none/),
    });
    await expect(shell('head -c 1000000 /dev/zero | ask "Summarise"')).rejects.toMatchObject({
      code: 1,
      stderr: "Cria: the piped text has more than the 32,000 characters of a message. Send the part that matters.\n",
    });
    expect(received).toBeUndefined();
  });

  it.each([
    ["no question", "< /dev/null"],
    ["an empty question", '"  "'],
    ["an unknown option", "--modle m Hi"],
    ["an option without its value", "Hi --model"],
  ])("says in one line how it is used for %s, and ends with 2", async (_, words) => {
    await expect(shell(`ask ${words}`)).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^Cria: .*Usage: npm run ask -- .*\n$/),
    });
  });

  it.each([
    ["CRIA_MAX_TOKENS", "abc"],
    ["CRIA_LOG_LEVEL", "bogus"],
    ["CRIA_REDIS_URL", "foo"],
  ])("refuses a %s that cannot be", async (name, value) => {
    await expect(shell(`${name}=${value} ask Hi < /dev/null`)).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(new RegExp(`^Cria: ${name}\\b.* must be .*\n$`)),
    });
  });

  it("explains itself when asked to", async () => {
    expect((await shell("ask --help")).stdout).toMatch(/^Usage: npm run ask/);
  });

  it("fails with one line when a service it was sent to is not there", async () => {
    await expect(shell("CRIA_INFERENCE_ADDRESS=127.0.0.1:1 ask Hi")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^Cria: no inference service serves at 127\.0\.0\.1:1 \(CRIA_INFERENCE_ADDRESS\).*\n$/,
      ),
    });
  });
});
