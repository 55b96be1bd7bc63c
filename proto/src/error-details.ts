import { Metadata, type ServiceError, type status } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, RetryInfo } from "nice-grpc-error-details";
import { Status } from "nice-grpc-error-details/lib/proto/google/rpc/status.js";
import { durationFromMs, durationToMs } from "./duration.ts";

/** Where gRPC carries a google.rpc.Status. Source: https://grpc.io/docs/guides/error/#richer-error-model */
const DETAILS_KEY = "grpc-status-details-bin";
const TYPE_URL = "type.googleapis.com/";
const DOMAIN = "cria.inference.v1";

/** What an error tells beside its code and message. */
export interface ErrorDetails {
  /** Stable, upper-case name of the cause, such as `QUEUE_FULL`. */
  readonly reason: string;
  /** Values a program may want, such as the nearest model names. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The request's fields that were wrong, as `sampling.temperature`. */
  readonly fieldViolations?: readonly { readonly field: string; readonly description: string }[];
  /** How long to wait before another try, in milliseconds; absent when another try is no use. */
  readonly retryDelayMs?: number;
}

/** Trailing metadata of an error with these details. */
export function encodeErrorDetails(code: status, message: string, details: ErrorDetails): Metadata {
  const any = [pack(ErrorInfo, { reason: details.reason, domain: DOMAIN, metadata: { ...details.metadata } })];
  if (details.fieldViolations) {
    const fieldViolations = details.fieldViolations.map((violation) => ({ ...violation }));
    any.push(pack(BadRequest, { fieldViolations }));
  }
  if (details.retryDelayMs !== undefined)
    any.push(pack(RetryInfo, { retryDelay: durationFromMs(details.retryDelayMs) }));
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, Buffer.from(Status.encode(Status.fromPartial({ code, message, details: any })).finish()));
  return metadata;
}

/** The details of an error of the inference service; undefined when it carries none, as when no server was reached. */
export function decodeErrorDetails(error: Pick<ServiceError, "metadata">): ErrorDetails | undefined {
  const [bytes] = error.metadata?.get(DETAILS_KEY) ?? [];
  if (!(bytes instanceof Uint8Array)) return undefined;
  const details = Status.decode(bytes).details;
  const find = <T>(type: MessageType<T>) => {
    const any = details.find((detail) => detail.typeUrl === TYPE_URL + type.$type);
    return any && type.decode(any.value);
  };
  const info = find(ErrorInfo);
  if (!info) return undefined;
  const violations = find(BadRequest)?.fieldViolations;
  const retry = find(RetryInfo)?.retryDelay;
  return {
    reason: info.reason,
    metadata: info.metadata,
    ...(violations && { fieldViolations: violations.map(({ field, description }) => ({ field, description })) }),
    ...(retry && { retryDelayMs: durationToMs(retry) }),
  };
}

interface MessageType<T> {
  readonly $type: string;
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
  fromPartial(partial: object): T;
}

const pack = <T>(type: MessageType<T>, partial: object) => ({
  typeUrl: TYPE_URL + type.$type,
  value: Buffer.from(type.encode(type.fromPartial(partial)).finish()),
});
