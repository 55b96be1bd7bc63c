import { readFileSync } from "node:fs";
import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { INFERENCE_ERRORS, type InferenceErrorCode } from "../../errors.ts";
import { ERROR_STATUS } from "./error-status.ts";

describe("docs/errors.md", () => {
  it("tells every error with its status and whether to try again, and no other", () => {
    const page = readFileSync(new URL("../../../../../docs/errors.md", import.meta.url), "utf8");
    const rows = page.matchAll(/^\| `(\w+)` \| `(\w+)` \| (yes|no) \|/gm);
    const documented = [...rows].map(([, reason, statusName, retry]) => `${reason} ${statusName} ${retry}`);
    const existing = Object.entries(INFERENCE_ERRORS).map(
      ([reason, { retryable }]) =>
        `${reason} ${status[ERROR_STATUS[reason as InferenceErrorCode]]} ${retryable ? "yes" : "no"}`,
    );
    expect(documented.sort()).toEqual(existing.sort());
  });
});
