import { createGate } from "@cria/bot-core/testing";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PacedClient } from "../api/paced-client.ts";
import { UserGroups } from "./user-groups.ts";

const MINUTE_MS = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A Slack whose answers are given one after another; an error is thrown. */
function startGroups(...answers: readonly (object | Error)[]) {
  const rest = [...answers];
  const call = async () => {
    const answer = rest.shift();
    if (answer instanceof Error) throw answer;
    return { ok: true, usergroups: answer };
  };
  const groups = new UserGroups({ call } as unknown as PacedClient, pino({ level: "silent" }));
  return { groups, numLeft: () => rest.length };
}

const staff = [
  { id: "S1", handle: "staff", users: ["ann", "bob"] },
  { id: "S2", users: ["ann"] },
];

describe("UserGroups", () => {
  it("have the names by which they are mentioned", async () => {
    const { groups } = startGroups(staff);
    expect([await groups.handle("S1"), await groups.handle("S9")]).toEqual(["staff", undefined]);
  });

  it("are asked for once in ten minutes, for everyone", async () => {
    const { groups, numLeft } = startGroups(staff, [{ id: "S1", users: ["bob"] }]);
    expect(await groups.of("ann")).toEqual(["S1", "S2"]);
    expect(await groups.of("bob")).toEqual(["S1"]);
    vi.advanceTimersByTime(9 * MINUTE_MS);
    expect(await groups.of("cy")).toEqual([]);
    expect(numLeft()).toBe(1);
    vi.advanceTimersByTime(MINUTE_MS);
    expect(await groups.of("ann")).toEqual([]);
  });

  it("are what they were while Slack does not list them, and are asked for again soon", async () => {
    const { groups } = startGroups(staff, new Error("away"), []);
    await groups.of("ann");
    vi.advanceTimersByTime(10 * MINUTE_MS);
    expect(await groups.of("ann")).toEqual(["S1", "S2"]);
    vi.advanceTimersByTime(MINUTE_MS);
    expect(await groups.of("ann")).toEqual([]);
  });

  it("are unknown while Slack has never listed them", async () => {
    const { groups } = startGroups(new Error("away"), staff);
    expect(await groups.of("ann")).toBeUndefined();
    vi.advanceTimersByTime(MINUTE_MS);
    expect(await groups.of("ann")).toEqual(["S1", "S2"]);
  });

  it("keep nobody for long while Slack takes its time, and are known once it is done", async () => {
    const answered = createGate();
    const call = async () => {
      await answered.opened;
      return { ok: true, usergroups: staff };
    };
    const groups = new UserGroups({ call } as unknown as PacedClient, pino({ level: "silent" }));
    const first = groups.of("ann");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await first).toBeUndefined();
    answered.open();
    expect(await groups.of("ann")).toEqual(["S1", "S2"]);
  });

  it("are none on a plan without them and unknown without the scope, and are not asked for again and again", async () => {
    const refused = (error: string) =>
      Object.assign(new Error(error), { code: "slack_webapi_platform_error", data: { error } });
    const { groups, numLeft } = startGroups(refused("missing_scope"), refused("plan_upgrade_required"), staff);
    expect(await groups.of("ann")).toBeUndefined();
    vi.advanceTimersByTime(10 * MINUTE_MS);
    expect(await groups.of("ann")).toEqual([]);
    vi.advanceTimersByTime(MINUTE_MS);
    expect(await groups.of("ann")).toEqual([]);
    expect(numLeft()).toBe(1);
  });
});
