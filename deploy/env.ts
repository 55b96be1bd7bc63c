import { envFilePath, loadEnvFile } from "./setup/env-file.ts";

/** Preloaded by every npm script that people run, so that each knows the variables that `npm run setup` wrote. */
loadEnvFile(envFilePath(process.env));
