import { ROOT } from "../../deploy/settings.ts";
import { baseBuild, runBench } from "../base-build.ts";
import { compare, type Result } from "../result.ts";

/** The build before messages were claimed before they are read. */
const BASE = "71e10de";
const ROUNDS = 5;

/** The median of `bot-latency` beside that of an older build, in turn. */
export async function baseLatency(report: (result: Result) => void): Promise<void> {
  const folder = baseBuild(BASE);
  const median = (of: string) => runBench(of, "bot-latency").get("bot-latency-median")!;
  const rounds = Array.from({ length: ROUNDS }, () => ({ own: median(ROOT), base: median(folder) }));
  const [own, base] = [rounds.map((round) => round.own), rounds.map((round) => round.base)];
  report(compare("base-latency", "ms (median)", own, BASE, base));
}
