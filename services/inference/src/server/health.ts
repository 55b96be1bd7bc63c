import { AdminServiceService, InferenceServiceService, ModelServiceService } from "@cria/proto";
import type { Server, ServiceDefinition } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { ModelRegistry } from "../registry/model-registry.ts";

/** What stands and falls with the process: "" for the process itself, and the services it serves. */
const PROCESS_NAMES = ["", ...[InferenceServiceService, ModelServiceService, AdminServiceService].map(serviceName)];

/** The standard health service: "" and the gRPC services for the process, and one service name a model. */
export interface Health {
  addToServer(server: Server): void;
  /** Takes over which models there are and whether anything is wrong with them. */
  refresh(): void;
  /** Says NOT_SERVING from now on. */
  drain(): void;
}

/** Health of the process and of the registry's models: a model that nothing is wrong with serves. */
export function createHealth(registry: Pick<ModelRegistry, "list">): Health {
  const implementation = new HealthImplementation(Object.fromEntries(PROCESS_NAMES.map((name) => [name, "SERVING"])));
  const known = new Set<string>();
  let isDraining = false;
  const refresh = () => {
    const models = registry.list();
    const serving = models.filter(({ error }) => !isDraining && error === undefined);
    const servingNames = new Set(serving.map(({ name }) => name));
    for (const { name } of models) known.add(name);
    // A model whose folder is gone does not serve.
    for (const name of known) implementation.setStatus(name, servingNames.has(name) ? "SERVING" : "NOT_SERVING");
  };
  refresh();
  return {
    addToServer: (server) => implementation.addToServer(server),
    refresh,
    drain() {
      isDraining = true;
      for (const name of PROCESS_NAMES) implementation.setStatus(name, "NOT_SERVING");
      refresh();
    },
  };
}

/** As "cria.inference.v1.ModelService", from the path of any of its methods. */
function serviceName(definition: ServiceDefinition): string {
  return Object.values(definition)[0]!.path.split("/")[1]!;
}
