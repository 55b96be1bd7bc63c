import { CountTokensRequest, DrainRequest, GenerateRequest, LoadModelRequest } from "@cria/proto";
import { describe, expect, it } from "vitest";
import { InferenceError } from "../../errors.ts";
import {
  validateCountTokens,
  validateDrain,
  validateGenerate,
  validateLoadModel,
  validateModelName,
} from "./validate-request.ts";

/** Fields as a table has them: the generated types do not take unions of partial messages. */
function generateRequest(fields: object): GenerateRequest {
  return GenerateRequest.fromPartial({ model: "m", prompt: [{ text: "Hi" }], ...fields });
}

function violationsOf(validate: () => void) {
  try {
    validate();
  } catch (error) {
    if (error instanceof InferenceError && error.code === "INVALID_ARGUMENT") return error.details.fieldViolations;
    throw error;
  }
  return [];
}

const HOUR = { seconds: 3600, nanos: 0 };

describe("validateGenerate", () => {
  it("accepts the bounds of every range", () => {
    const low = generateRequest({
      sampling: {
        repetitionPenalty: 0.001,
        frequencyPenalty: -2,
        presencePenalty: -2,
        temperature: 0,
        topK: 0,
        minP: 0,
      },
      stopping: { maxTokens: 1, stop: ["x"] },
      priority: -1000,
      logprobs: 0,
      maxQueueTime: { seconds: 0, nanos: 1 },
      keepAlive: { seconds: -1, nanos: 0 },
    });
    const high = generateRequest({
      requestId: "i".repeat(128),
      tenant: "t".repeat(128),
      cacheSalt: "s".repeat(128),
      sampling: { repetitionPenalty: 10, frequencyPenalty: 2, temperature: 2, topK: 1_000_000, topP: 1, minP: 1 },
      stopping: { maxTokens: 1_048_576, stop: Array(16).fill("s".repeat(256)), stopTokenIds: Array(64).fill(1) },
      priority: 1000,
      logprobs: 20,
      timeBudget: HOUR,
      keepAlive: { seconds: 86_400, nanos: 0 },
    });
    expect(() => [low, high].forEach(validateGenerate)).not.toThrow();
  });

  it.each([
    ["model", { model: "" }, "is empty; ListModels tells the names"],
    ["prompt", { prompt: [] }, "has no text"],
    ["prompt", { prompt: [{ text: "" }, { text: "" }] }, "has no text"],
    ["prompt", { prompt: Array(4097).fill({ text: "x" }) }, "has 4097 segments; at most 4096"],
    ["prompt", { prompt: [{ text: "é".repeat(2 ** 21 + 1) }] }, "has 4194306 bytes of text; at most 4194304"],
    ["sampling.temperature", { sampling: { temperature: -1 } }, "is -1; must be 0 to 2"],
    ["sampling.temperature", { sampling: { temperature: Number.NaN } }, "is NaN; must be 0 to 2"],
    ["sampling.temperature", { sampling: { temperature: Number.POSITIVE_INFINITY } }, "is Infinity; must be 0 to 2"],
    ["sampling.top_p", { sampling: { topP: 2 } }, "is 2; must be over 0 and at most 1"],
    ["sampling.top_p", { sampling: { topP: 0 } }, "is 0; must be over 0 and at most 1"],
    ["sampling.top_k", { sampling: { topK: 1_000_001 } }, "is 1000001; must be 0 to 1000000"],
    ["sampling.min_p", { sampling: { minP: -0.5 } }, "is -0.5; must be 0 to 1"],
    ["sampling.repetition_penalty", { sampling: { repetitionPenalty: 0 } }, "is 0; must be over 0 and at most 10"],
    ["sampling.frequency_penalty", { sampling: { frequencyPenalty: 3 } }, "is 3; must be -2 to 2"],
    ["sampling.presence_penalty", { sampling: { presencePenalty: -3 } }, "is -3; must be -2 to 2"],
    ["stopping.max_tokens", { stopping: { maxTokens: 0 } }, "is 0; must be 1 to 1048576"],
    ["stopping.stop", { stopping: { stop: Array(100).fill("x") } }, "has 100 strings; at most 16"],
    ["stopping.stop[1]", { stopping: { stop: ["x", ""] } }, "is empty"],
    ["stopping.stop[0]", { stopping: { stop: ["é".repeat(129)] } }, "has 258 bytes; at most 256"],
    ["stopping.stop_token_ids", { stopping: { stopTokenIds: Array(65).fill(1) } }, "has 65 tokens; at most 64"],
    ["request_id", { requestId: "x".repeat(129) }, "has 129 bytes; at most 128"],
    ["tenant", { tenant: "x".repeat(129) }, "has 129 bytes; at most 128"],
    ["cache_salt", { cacheSalt: "x".repeat(129) }, "has 129 bytes; at most 128"],
    ["priority", { priority: 1001 }, "is 1001; must be -1000 to 1000"],
    ["logprobs", { logprobs: 21 }, "is 21; must be 0 to 20"],
    ["max_queue_time", { maxQueueTime: { seconds: 0, nanos: 0 } }, "is 0; must be over 0 s and at most 3600 s"],
    ["max_queue_time", { maxQueueTime: { seconds: -1, nanos: 0 } }, "is -1; must be over 0 s and at most 3600 s"],
    ["time_budget", { timeBudget: { seconds: 3600, nanos: 1e6 } }, "is 3600.001; must be over 0 s and at most 3600 s"],
    ["keep_alive", { keepAlive: { seconds: -2, nanos: 0 } }, "is -2; must be 0 s to 86400 s, or -1 s for always"],
    [
      "time_budget",
      { timeBudget: { seconds: 1, nanos: -5 } },
      "has nanos -5; must be under a second and of the sign of seconds",
    ],
  ])("refuses a bad %s (%#)", (field, fields, description) => {
    expect(violationsOf(() => validateGenerate(generateRequest(fields)))).toEqual([{ field, description }]);
  });

  it("tells all that is wrong at once", () => {
    const request = generateRequest({ model: "", sampling: { temperature: 3, topP: 0 }, stopping: { maxTokens: 0 } });
    expect(violationsOf(() => validateGenerate(request))?.map(({ field }) => field)).toEqual([
      "model",
      "sampling.temperature",
      "sampling.top_p",
      "stopping.max_tokens",
    ]);
  });

  it("tells no more than fits in an answer", () => {
    const request = generateRequest({ model: "", stopping: { stop: Array(5000).fill("") } });
    expect(violationsOf(() => validateGenerate(request))).toHaveLength(16);
  });
});

describe("the other requests", () => {
  it("need a model's name", () => {
    expect(violationsOf(() => validateModelName(""))).toHaveLength(1);
    expect(violationsOf(() => validateCountTokens(CountTokensRequest.fromPartial({})))).toHaveLength(2);
    expect(violationsOf(() => validateLoadModel(LoadModelRequest.fromPartial({ keepAlive: HOUR })))).toHaveLength(1);
  });

  it("count no more text at once than is quickly tokenised", () => {
    const count = (bytes: number) =>
      CountTokensRequest.fromPartial({ model: "m", prompt: [{ text: "x".repeat(bytes) }] });
    expect(violationsOf(() => validateCountTokens(count(131_072)))).toEqual([]);
    expect(violationsOf(() => validateCountTokens(count(131_073)))).toEqual([
      { field: "prompt", description: "has 131073 bytes of text; at most 131072" },
    ]);
  });

  it("wait no longer than an hour for a drain", () => {
    expect(violationsOf(() => validateDrain(DrainRequest.fromPartial({ timeout: HOUR })))).toEqual([]);
    expect(violationsOf(() => validateDrain(DrainRequest.fromPartial({ timeout: { seconds: 3601 } })))).toEqual([
      { field: "timeout", description: "is 3601; must be 0 s to 3600 s" },
    ]);
  });
});
