import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { ClaimedEvent } from "../port/claimed-event.ts";
import { startBotProcesses, WAIT } from "../testing/bot-processes.contract.ts";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { fakeModel } from "../testing/fake-model.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import { roundsOf, starting, testMessage, testPlace } from "../testing/test-core.ts";

const author = { id: "u1", name: "Ann" };
const event = { eventId: "e1", messageId: "e1", place: testPlace, raw: "" };

describeOnRedis("what a process leaves", (program) => {
  let run: Awaited<ReturnType<typeof startBotProcesses>>;
  beforeAll(async () => {
    run = await startBotProcesses(program);
  });
  beforeEach(() => run.admin.flushAll());
  afterEach(() => run.closeAll());
  afterAll(() => run.close());

  it("of a command that it runs while it ends is not run again", async () => {
    const ending = await run.open();
    const [isRunning, hold] = [createGate(), createGate()];
    ending.inference.listModels = () => hold.opened.then(() => []);
    const ran = ending.core.receive(event, async ({ runCommand }) => {
      const running = runCommand({ place: testPlace, author, command: { type: "status" } });
      isRunning.open();
      expect(await running).toBeDefined();
    });
    await isRunning.opened;
    const stopped = ending.core.stop();
    hold.open();
    await Promise.all([ran, stopped]);
    expect(await run.numPending()).toBe(0);
  });

  it("of a command that comes while it ends is run by another alone", async () => {
    const ending = await run.open();
    await ending.core.stop();
    const answers: unknown[] = [];
    const work = async ({ runCommand }: ClaimedEvent) =>
      void answers.push(await runCommand({ place: testPlace, author, command: { type: "help" } }));
    await ending.core.receive(event, work);
    expect(answers).toEqual([undefined]);
    run.recover(await run.open(), { work });
    await vi.waitFor(() => expect(answers).toEqual([undefined, expect.stringContaining("model")]), WAIT);
  });

  it("of a comparison in a message gets a sentence for each reply, and is not begun again", async () => {
    const dying = await run.open();
    dying.inference.models = [fakeModel(), fakeModel({ name: "big" })];
    dying.inference.script(...[1, 2].map(() => ({ chunks: ["Once"], hold: createGate().opened })));
    const command = { type: "compare", models: ["fake", "big"], text: "Why?" } as const;
    const replies = [new FakeReplyHandle(), new FakeReplyHandle()];
    for (const [index, reply] of replies.entries()) reply.handle = `shown ${index}`;
    const left = [...replies];
    const startReply = async () => left.shift()!;
    const work = async ({ compare }: ClaimedEvent) =>
      void (await compare({ place: testPlace, author, command }, startReply));
    void dying.core.receive(event, work);
    await vi.waitFor(
      () => expect(replies.map(({ text }) => text)).toEqual(["fake", "big"].map((name) => `**${name}**\n\nOnce`)),
      WAIT,
    );
    await vi.waitFor(async () => expect(await run.numKept()).toBe(2), WAIT);
    await run.die(dying);
    const again = vi.fn(async () => {});
    const begun = run.recover(await run.open(), { work: again });
    await run.ended(begun, 2);
    expect(begun.map(({ handle }) => handle).sort()).toEqual(["shown 0", "shown 1"]);
    await vi.waitFor(async () => expect(await run.numPending()).toBe(0), WAIT);
    expect(again).not.toHaveBeenCalled();
  });

  it("of a press gets a sentence, and may be pressed again", async () => {
    const dying = await run.open();
    const first = new FakeReplyHandle();
    await dying.core.handleMessage(testMessage("Hi"), starting(first));
    dying.inference.script({ chunks: ["Again"], hold: createGate().opened });
    const again = new FakeReplyHandle();
    again.handle = "shown 18";
    void dying.core.regenerate({ place: testPlace, author, replyId: first.id }, starting(again));
    await vi.waitFor(() => expect(again.text).toBe("Again"), WAIT);
    await vi.waitFor(async () => expect(await run.numKept()).toBe(1), WAIT);
    await run.die(dying);
    const next = await run.open();
    const begun = run.recover(next);
    await run.ended(begun);
    const reason = expect.stringMatching(/Press the button again/);
    expect(begun).toMatchObject([{ handle: "shown 18", reply: { ended: { reason } } }]);
    await vi.waitFor(async () => expect(await run.numPending()).toBe(0), WAIT);
    const pressed = new FakeReplyHandle();
    expect(begun[0]?.reply.buttons).toBe("all");
    const replyId = begun[0]!.reply.id;
    await next.core.regenerate({ place: testPlace, author, replyId }, starting(pressed));
    expect(pressed.ended).toMatchObject({ end: "complete" });
  });

  it("whose end the platform did not take is delivered again", async () => {
    const process = await run.open();
    const failing = new FakeReplyHandle();
    failing.handle = "shown 17";
    failing.finish = () => Promise.reject(new Error("the platform does not answer"));
    const begun = run.recover(process);
    await process.core.handleMessage(testMessage("Hi"), starting(failing));
    await run.ended(begun);
    expect(begun).toMatchObject([{ handle: "shown 17", reply: { ended: { end: "complete" } } }]);
    expect(failing.ended).toBeUndefined();
    expect(await roundsOf(process.stores)).toHaveLength(1);
  });

  it("whose reading failed is delivered again, and told after three deliveries", async () => {
    const process = await run.open();
    const reasons: unknown[] = [];
    const work = async ({ answer }: ClaimedEvent) => {
      const reply = new FakeReplyHandle();
      if (reasons.push("unread") <= 3) throw new Error("the platform does not answer");
      await answer(testMessage("Hi"), starting(reply));
      reasons.push(reply.ended);
    };
    run.recover(process, { work });
    await process.core.receive(event, work);
    const told = { type: "failed", reason: expect.stringMatching(/tried three times/) };
    await vi.waitFor(() => expect(reasons.at(-1)).toEqual(told), WAIT);
    expect(reasons).toHaveLength(5);
    await vi.waitFor(async () => expect(await run.numPending()).toBe(0), WAIT);
  });
});
