import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGate } from "../testing/gate.ts";
import { createTestCore, testPlace } from "../testing/test-core.ts";

describe("stop", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const event = { eventId: "e1", messageId: "m1", place: testPlace, raw: "" };
  const createSharing = () => {
    const { core, stores, client } = createTestCore();
    const releaseAll = vi.fn(async () => {});
    Object.assign(stores.inbox, { isShared: true, releaseAll });
    return { core, stores, client, releaseAll };
  };

  it("releases what is under way once it has settled", async () => {
    const { core, releaseAll } = createSharing();
    const work = createGate();
    const received = core.receive(event, () => work.opened);
    const stopping = core.stop();
    await vi.advanceTimersByTimeAsync(999);
    expect(releaseAll).not.toHaveBeenCalled();
    work.open();
    await Promise.all([received, stopping]);
    expect(releaseAll).toHaveBeenCalledOnce();
  });

  it("releases what never settles after a second", async () => {
    const { core, releaseAll } = createSharing();
    void core.receive(event, () => createGate().opened);
    const stopping = core.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    await stopping;
    expect(releaseAll).toHaveBeenCalledOnce();
  });

  it("ends a command that hangs, so that no other process starts it again", async () => {
    const { core, stores, client, releaseAll } = createSharing();
    client.listModels = () => new Promise(() => undefined);
    const end = vi.fn(async () => {});
    const claim = stores.inbox.claim.bind(stores.inbox);
    stores.inbox.claim = async (entry) => Object.assign((await claim(entry))!, { end });
    const asked = { place: testPlace, author: { id: "u1", name: "Ann" }, command: { type: "status" } } as const;
    void core.receive(event, async ({ runCommand }) => void (await runCommand(asked)));
    await vi.advanceTimersByTimeAsync(0);
    const stopping = core.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    await stopping;
    expect(end).toHaveBeenCalledOnce();
    expect(end.mock.invocationCallOrder[0]).toBeLessThan(releaseAll.mock.invocationCallOrder[0]!);
  });

  it("waits no longer than a second for a store that does not answer", async () => {
    const { core, releaseAll } = createSharing();
    releaseAll.mockReturnValueOnce(createGate().opened);
    const stopping = core.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(stopping).resolves.toBeUndefined();
  });
});
