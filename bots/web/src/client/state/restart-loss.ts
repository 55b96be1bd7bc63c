import type { Workspace } from "../../wire.ts";
import { eventRun } from "./event-connection.ts";

/** What to say where the server was started anew since `before` and kept nothing; else "". */
export function restartLoss(before: Workspace | undefined, now: Workspace): string {
  if (before === undefined || now.outlivesRestart || eventRun(before.eventId) === eventRun(now.eventId)) return "";
  return "The service was restarted. Without Redis it remembers nothing from before.";
}
