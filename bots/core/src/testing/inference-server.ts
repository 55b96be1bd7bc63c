import {
  type AdminServiceServer,
  AdminServiceService,
  type ErrorDetails,
  encodeErrorDetails,
  type InferenceServiceServer,
  InferenceServiceService,
  type ModelServiceServer,
  ModelServiceService,
} from "@cria/proto";
import { Server, ServerCredentials, type ServiceError, type status } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";

/** What a test's inference service does; everything else answers UNIMPLEMENTED. */
export interface InferenceHandlers {
  readonly generate?: InferenceServiceServer["generate"];
  readonly listModels?: ModelServiceServer["listModels"];
  readonly loadModel?: ModelServiceServer["loadModel"];
  readonly getLoad?: AdminServiceServer["getLoad"];
}

/** A gRPC server of the contract on loopback. */
export interface InferenceServer {
  readonly address: string;
  readonly health: HealthImplementation;
  /** Drops every connection at once, as when the process is killed. */
  kill(): void;
}

/** Listens on the port given, or on a free one. */
export async function startInferenceServer(handlers: InferenceHandlers, port = 0): Promise<InferenceServer> {
  const server = new Server();
  const health = new HealthImplementation({ "": "SERVING" });
  health.addToServer(server);
  server.addService(InferenceServiceService, handlers as never);
  server.addService(ModelServiceService, handlers as never);
  server.addService(AdminServiceService, handlers as never);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, actual) =>
      error ? reject(error) : resolve(actual),
    );
  });
  return { address: `127.0.0.1:${bound}`, health, kill: () => server.forceShutdown() };
}

/** An error of the service, with details as it sends them. */
export function serviceError(code: status, details: string, more?: ErrorDetails): Partial<ServiceError> {
  return { code, details, ...(more && { metadata: encodeErrorDetails(code, details, more) }) };
}
