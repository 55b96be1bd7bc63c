import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { InferenceError } from "../../errors.ts";

/** Stands for a request whose bytes are no message. Handlers throw its error, so that the caller gets details. */
export class MalformedRequest {
  readonly error: InferenceError;

  constructor(cause: unknown) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    this.error = new InferenceError("INVALID_ARGUMENT", `request is not a valid protobuf message: ${problem}`, {
      cause,
    });
  }
}

interface MessageType {
  decode(input: BinaryReader): unknown;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decodeUtf8 = (bytes: Uint8Array) => utf8.decode(bytes);

/**
 * A service whose requests are decoded as protobuf says: text that is not UTF-8 is refused (the generated code replaces
 * it), and bytes that are no message reach the handler as a `MalformedRequest` (grpc-js would answer INTERNAL).
 */
export function strictly<T extends UntypedServiceImplementation>(
  service: ServiceDefinition<T>,
  requests: { readonly [K in keyof T]?: MessageType },
): ServiceDefinition<T> {
  const methods = Object.entries(service).map(([name, method]) => {
    const type = requests[name];
    if (!type) throw new RangeError(`no request type is given for ${name}`);
    return [name, { ...method, requestDeserialize: (bytes: Buffer) => decode(type, bytes) }];
  });
  return Object.fromEntries(methods);
}

function decode(type: MessageType, bytes: Buffer): unknown {
  try {
    return type.decode(new BinaryReader(bytes, decodeUtf8));
  } catch (error) {
    return new MalformedRequest(error);
  }
}
