import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChannelState } from "./channels/channel-state.ts";
import { ChatState } from "./chat-state.ts";

/** What the server was asked, and how it answers. */
let asked: { readonly path: string; readonly answer: (response: Response) => void }[];
let chat: ChatState;
let one: ChannelState;
let two: ChannelState;

beforeEach(() => {
  asked = [];
  vi.stubGlobal("document", { querySelector: () => null });
  vi.stubGlobal("fetch", (path: string) => new Promise((answer) => asked.push({ path, answer })));
  chat = new ChatState();
  one = chat.channel("one");
  two = chat.channel("two");
  chat.currentId.value = "one";
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("an edit that is on its way", () => {
  const taken = () => new Response(null, { status: 204 });
  const startEdit = () => {
    one.editing.value = "message";
    one.draft.value = "What is a llama? ";
    return chat.composing.send();
  };

  it("ends once the server took it", async () => {
    const sent = startEdit();
    asked[0]!.answer(taken());
    await sent;
    expect([one.editing.value, one.draft.value]).toEqual([undefined, ""]);
  });

  it("ends in its channel where another was opened meanwhile, and leaves that one's draft", async () => {
    const sent = startEdit();
    chat.currentId.value = "two";
    two.draft.value = "Half an hour of writing";
    asked[0]!.answer(taken());
    await sent;
    expect(two.draft.value).toBe("Half an hour of writing");
    expect([one.editing.value, one.draft.value]).toEqual([undefined, ""]);
  });

  it("leaves what was typed meanwhile", async () => {
    const sent = startEdit();
    one.draft.value = "What is a llama, and why?";
    asked[0]!.answer(taken());
    await sent;
    expect([one.editing.value, one.draft.value]).toEqual(["message", "What is a llama, and why?"]);
  });

  it("leaves what was begun after it was called off", async () => {
    const sent = startEdit();
    chat.composing.cancelEdit();
    one.draft.value = "Another question";
    asked[0]!.answer(taken());
    await sent;
    expect(one.draft.value).toBe("Another question");
  });

  it("is sent once, and again once that failed", async () => {
    const sent = startEdit();
    await chat.composing.send();
    expect(asked).toHaveLength(1);
    asked[0]!.answer(new Response(JSON.stringify({ error: "No." }), { status: 409 }));
    await sent;
    expect([one.editing.value, one.draft.value]).toEqual(["message", "What is a llama? "]);
    const again = chat.composing.send();
    expect(asked).toHaveLength(2);
    asked[1]!.answer(taken());
    await again;
    expect(one.editing.value).toBeUndefined();
  });
});

describe("files that are added", () => {
  it("all come, into the channel in which they were added", async () => {
    const files = ["one.txt", "two.txt"].map((name) => new File(["x"], name));
    const additions = files.map((file) => chat.composing.addFiles([file]));
    chat.currentId.value = "two";
    await Promise.all(additions);
    expect(one.files.value.map(({ name }) => name).sort()).toEqual(["one.txt", "two.txt"]);
    expect(two.files.value).toEqual([]);
  });
});
