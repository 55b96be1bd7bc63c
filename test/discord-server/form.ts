import type { z } from "zod";
import { ApiError, type FormFault } from "./api-error.ts";

/** Reads a request's body by its schema. @throws ApiError 50035 that names every fault as Discord does */
export function parseForm<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new ApiError(50035, result.error.issues.map(toFault));
}

/** A fault that a schema found by a rule of its own, as `{ params: { code } }` of zod's custom issues. */
function toFault(issue: z.core.$ZodIssue): FormFault {
  const { path, message } = issue;
  switch (issue.code) {
    case "too_big":
      return { path, code: "BASE_TYPE_MAX_LENGTH", message: `Must be ${issue.maximum} or fewer in length.` };
    case "too_small":
      return { path, code: "BASE_TYPE_MIN_LENGTH", message: `Must be ${issue.minimum} or more in length.` };
    case "invalid_value":
      return { path, code: "BASE_TYPE_CHOICES", message: `Value must be one of ${issue.values.join(", ")}.` };
    case "custom":
      return { path, code: String(issue.params?.code ?? "BASE_TYPE_BAD_TYPE"), message };
    default:
      return { path, code: "BASE_TYPE_BAD_TYPE", message };
  }
}
