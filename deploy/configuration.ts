import { totalmem } from "node:os";
import { ConfigError, loadCoreConfig } from "@cria/bot-core";
import { loadConfig, ConfigError as ServiceConfigError } from "@cria/inference/config";
import { loadWebConfig } from "@cria/web/config";
import { badConfiguration, portFaults } from "./settings.ts";

/**
 * Reads what the service, the page and all bots read of the environment, before any of them starts: what is wrong would be
 * told by each. What concerns a platform alone its bot tells: the page runs on without it.
 * @throws StartError that names every variable that is wrong, once
 */
export function requireConfiguration(env: NodeJS.ProcessEnv): void {
  // Of its own: `npm start` knows where its service listens.
  const botEnv = { ...env, CRIA_INFERENCE_ADDRESS: "" };
  const faults = [
    ...portFaults(env),
    ...faultsOf(() => loadConfig(env, totalmem())),
    ...faultsOf(() => loadWebConfig(env)),
    ...faultsOf(() => loadCoreConfig(botEnv)),
  ];
  if (faults.length > 0) throw badConfiguration(oneEach(faults), env);
}

function faultsOf(load: () => unknown): readonly string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (error instanceof ConfigError || error instanceof ServiceConfigError) return error.faults;
    throw error;
  }
}

/** The first fault of each variable: several processes read some. */
function oneEach(faults: readonly string[]): readonly string[] {
  const variable = (fault: string) => /^\w+/.exec(fault)?.[0];
  return faults.filter((fault, at) => faults.findIndex((other) => variable(other) === variable(fault)) === at);
}
