import { envFilePath } from "./settings.ts";
import { loadEnvFile } from "./setup/env-file.ts";

/** Preloaded by every npm script that people run except setup, which writes them, so that each knows the variables that `npm run setup` wrote. */
loadEnvFile(envFilePath(process.env));
