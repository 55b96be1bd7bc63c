/**
 * The contract between bots and the inference service: generated messages and grpc-js services, and the error details
 * that travel beside a status.
 */
export * from "../gen/cria/inference/v1/admin.ts";
export * from "../gen/cria/inference/v1/inference.ts";
export * from "../gen/cria/inference/v1/model.ts";
export { Duration } from "../gen/google/protobuf/duration.ts";
export { readDescriptorSet } from "./descriptor-set.ts";
export { durationFromMs, durationToMs } from "./duration.ts";
export { decodeErrorDetails, type ErrorDetails, encodeErrorDetails } from "./error-details.ts";
