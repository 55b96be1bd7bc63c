import { Metadata, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { call, closeTestServers, collect, failure, generateRequest, startTestServer } from "../test-server.fixture.ts";

const TOKEN = "a token of many characters";

afterEach(closeTestServers);

describe("a token", () => {
  it.each([
    ["none", undefined, "no token was shown"],
    ["a wrong one", "Bearer something else", "the token shown is wrong"],
    ["another scheme", `Basic ${TOKEN}`, "the token shown is wrong"],
  ])("is demanded: %s", async (_, authorization, problem) => {
    const { models, inference } = await startTestServer({ token: TOKEN });
    const metadata = new Metadata();
    if (authorization) metadata.set("authorization", authorization);
    const answers = [
      failure(call((done) => models.listModels({}, metadata, done))),
      failure(collect(inference.generate(generateRequest(), metadata))),
    ];
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatchObject({ code: status.UNAUTHENTICATED, details: { reason: "UNAUTHENTICATED" } });
      expect(answer.message).toContain(problem);
    }
  });

  it("opens the door, and is never logged", async () => {
    const { models, logged } = await startTestServer({ token: TOKEN });
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${TOKEN}`);
    await expect(call((done) => models.listModels({}, metadata, done))).resolves.toBeDefined();
    await failure(call((done) => models.listModels({}, done)));
    expect(logged.join("")).not.toContain(TOKEN);
  });
});
