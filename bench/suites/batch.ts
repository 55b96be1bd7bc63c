import type { Result } from "../result.ts";
import { serviceOverBare, withBoth } from "./engine-overhead.ts";

const ROUNDS = 9;

/** What they cost with 1, 4, 8 and 16 clients at once. */
export async function batch(report: (result: Result) => void): Promise<void> {
  await withBoth(async (service, runner) => {
    for (const clients of [1, 4, 8, 16])
      report(await serviceOverBare(`batch-${clients}`, clients, ROUNDS, service, runner));
  });
}
