import { BinaryReader } from "@bufbuild/protobuf/wire";
import { readDescriptorSet } from "@cria/proto";
import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { service as healthService } from "grpc-health-check";

type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];

/** Lets tools such as grpcurl learn the contract from the running service, in both versions of the reflection API. */
export function addReflection(server: Server): void {
  const fileDescriptorProtos = [...splitDescriptorSet(readDescriptorSet())];
  // Of a package definition, reflection reads the file descriptors alone.
  const contract = { contract: { fileDescriptorProtos }, health: healthService.Check!.requestType };
  new ReflectionService(contract as unknown as PackageDefinition).addToServer(server);
}

/** The files of a FileDescriptorSet, which is one repeated field: `repeated FileDescriptorProto file = 1`. */
function* splitDescriptorSet(bytes: Uint8Array): Generator<Uint8Array> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    reader.tag();
    yield reader.bytes();
  }
}
