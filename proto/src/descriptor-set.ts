import { readFileSync } from "node:fs";

/** The contract as an encoded `google.protobuf.FileDescriptorSet`, imports included; for reflection. */
export function readDescriptorSet(): Buffer {
  return readFileSync(new URL("../gen/descriptor.binpb", import.meta.url));
}
