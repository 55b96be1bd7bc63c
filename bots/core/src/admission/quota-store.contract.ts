import { describe, expect, it } from "vitest";
import { DAY_MS, MINUTE_MS, type QuotaLimits, type QuotaStore } from "./quota.ts";

let numWorkspaces = 0;
const newWorkspace = () => `web:w${numWorkspaces++}`;

/** What every quota store does. */
export function describeQuotaStore(name: string, store: () => QuotaStore): void {
  const count = async (workspace: string, user: string, limits: QuotaLimits) =>
    (await store().countMessages({ workspace, user, numMessages: 1 }, limits))?.limit;

  describe(name, () => {
    it("takes as many messages a minute as allowed, of each person", async () => {
      const workspace = newWorkspace();
      const limits = { userMessagesPerMinute: 2 };
      expect(await count(workspace, "ann", limits)).toBeUndefined();
      expect(await count(workspace, "ann", limits)).toBeUndefined();
      const refusal = await store().countMessages({ workspace, user: "ann", numMessages: 1 }, limits);
      expect(refusal?.limit).toBe("userMessagesPerMinute");
      expect(refusal?.retryAfterMs).toBeGreaterThan(MINUTE_MS / 2);
      expect(refusal?.retryAfterMs).toBeLessThanOrEqual(MINUTE_MS);
      expect(await count(workspace, "bob", limits)).toBeUndefined();
      expect(await count(newWorkspace(), "ann", limits)).toBeUndefined();
    });

    it("takes as many messages a minute as allowed, of a workspace", async () => {
      const workspace = newWorkspace();
      const limits = { workspaceMessagesPerMinute: 2 };
      expect(await count(workspace, "ann", limits)).toBeUndefined();
      expect(await count(workspace, "bob", limits)).toBeUndefined();
      expect(await count(workspace, "cy", limits)).toBe("workspaceMessagesPerMinute");
    });

    it("does not count a message it refuses", async () => {
      const workspace = newWorkspace();
      for (let refused = 0; refused < 5; refused++)
        await count(workspace, "ann", { userMessagesPerMinute: 0, workspaceMessagesPerMinute: 1 });
      expect(await count(workspace, "bob", { workspaceMessagesPerMinute: 1 })).toBeUndefined();
    });

    it("refuses when the tokens of the day are used, a person's or the workspace's", async () => {
      const workspace = newWorkspace();
      await store().countTokens(workspace, "ann", 60);
      await store().countTokens(workspace, "bob", 40);
      expect(await count(workspace, "ann", { userTokensPerDay: 61, workspaceTokensPerDay: 101 })).toBeUndefined();
      expect(await count(workspace, "ann", { userTokensPerDay: 60 })).toBe("userTokensPerDay");
      expect(await count(workspace, "bob", { userTokensPerDay: 60 })).toBeUndefined();
      const use = { workspace, user: "bob", numMessages: 1 };
      const refusal = await store().countMessages(use, { workspaceTokensPerDay: 100 });
      expect(refusal?.limit).toBe("workspaceTokensPerDay");
      expect(refusal?.retryAfterMs).toBeGreaterThan(DAY_MS / 2);
    });

    it("counts two for one that stands for two, or none where they are too many", async () => {
      const two = { workspace: newWorkspace(), user: "ann", numMessages: 2 };
      const limits = { userMessagesPerMinute: 3, workspaceMessagesPerMinute: 10 };
      expect(await store().countMessages(two, limits)).toBeUndefined();
      expect(await store().countMessages(two, limits)).toMatchObject({ limit: "userMessagesPerMinute" });
      expect(await count(two.workspace, "ann", limits)).toBeUndefined();
      expect(await count(two.workspace, "ann", limits)).toBe("userMessagesPerMinute");
      expect(await count(two.workspace, "bob", { workspaceMessagesPerMinute: 4 })).toBeUndefined();
    });

    it("takes one that stands for more than there may be where nothing was counted", async () => {
      const two = { workspace: newWorkspace(), user: "ann", numMessages: 2 };
      expect(await store().countMessages(two, { userMessagesPerMinute: 1 })).toBeUndefined();
      expect(await store().countMessages(two, { userMessagesPerMinute: 1 })).toBeDefined();
    });

    it("takes a message back, and no more than were counted", async () => {
      const workspace = newWorkspace();
      const limits = { userMessagesPerMinute: 1, workspaceMessagesPerMinute: 1 };
      const one = { workspace, user: "ann", numMessages: 1 };
      await count(workspace, "ann", limits);
      await store().uncountMessages(one);
      await store().uncountMessages(one);
      expect(await count(workspace, "ann", limits)).toBeUndefined();
      expect(await count(workspace, "ann", limits)).toBe("userMessagesPerMinute");
      await store().uncountMessages({ ...one, workspace: newWorkspace() });
    });

    it("counts each of many at once", async () => {
      const workspace = newWorkspace();
      const all = Array.from({ length: 30 }, () => count(workspace, "ann", { userMessagesPerMinute: 10 }));
      expect((await Promise.all(all)).filter((refusal) => refusal === undefined)).toHaveLength(10);
    });
  });
}
