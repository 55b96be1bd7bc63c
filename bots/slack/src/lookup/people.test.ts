import { createGate } from "@cria/bot-core/testing";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PacedClient } from "../api/paced-client.ts";
import { People } from "./people.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function createPeople(callNow: () => Promise<unknown>): People {
  const client = { callNow } as unknown as PacedClient;
  return new People({ client, logger: pino({ level: "silent" }), workspaceId: "T1" });
}

describe("People", () => {
  it("go by their id while Slack takes its time, and by their name from then on", async () => {
    const gate = createGate();
    const people = createPeople(async () => {
      await gate.opened;
      return { user: { name: "ann" } };
    });
    const author = people.author("U1");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await author).toEqual({ id: "U1", name: "U1" });
    gate.open();
    expect(await people.author("U1")).toMatchObject({ id: "U1", name: "ann" });
  });

  it("go by their id for all who ask while Slack does not tell, and are looked up anew by the next", async () => {
    const answers = [Promise.reject(new Error("Slack is down")), Promise.resolve({ user: { name: "ann" } })];
    const people = createPeople(async () => await answers.shift());
    const names = await Promise.all([people.author("U1"), people.author("U1")]);
    expect(names.map(({ name }) => name)).toEqual(["U1", "U1"]);
    expect((await people.author("U1")).name).toBe("ann");
  });

  it("administer their own workspace, and not one whose channel is shared with them", async () => {
    const people = createPeople(async () => ({ user: { name: "ann", is_admin: true, team_id: "T1" } }));
    expect(await people.author("U1")).toMatchObject({ isAdmin: true });
    const others = createPeople(async () => ({ user: { name: "eve", is_owner: true, team_id: "T2" } }));
    expect(await others.author("U2")).toMatchObject({ isAdmin: false });
  });
});
