import type { Duration } from "../gen/google/protobuf/duration.ts";

/** Milliseconds, fractions kept, as a protobuf Duration. */
export function durationFromMs(ms: number): Duration {
  const nanos = Math.round(ms * 1e6);
  return { seconds: Math.trunc(nanos / 1e9), nanos: nanos % 1e9 };
}

/** A protobuf Duration in milliseconds; 0 when absent. */
export function durationToMs(duration: Duration | undefined): number {
  return duration ? duration.seconds * 1e3 + duration.nanos / 1e6 : 0;
}
