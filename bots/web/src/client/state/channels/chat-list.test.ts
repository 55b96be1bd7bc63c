import { describe, expect, it } from "vitest";
import { ChatList, searchChats, UNTITLED } from "./chat-list.ts";

const chats = [
  { id: "a", title: "What is a dog?", atMs: 3 },
  { id: "b", title: "", atMs: 2 },
  { id: "c", title: "Ein Hund über alles", atMs: 1 },
];

describe("ChatList", () => {
  it("puts the chat that was written in last first, once", () => {
    const list = new ChatList();
    for (const chat of chats) list.put(chat);
    list.put({ ...chats[2]!, atMs: 4 });
    expect(list.all.value.map(({ id }) => id)).toEqual(["c", "a", "b"]);
    list.remove("a");
    expect([list.has("a"), list.has("b")]).toEqual([false, true]);
  });

  it("has a name for a chat in which nothing was asked, and for one that it does not know", () => {
    const list = new ChatList();
    for (const chat of chats) list.put(chat);
    expect(["a", "b", "new"].map((id) => list.titleOf(id))).toEqual(["What is a dog?", UNTITLED, "New chat"]);
  });
});

describe("searchChats", () => {
  it.each([
    ["", ["a", "b", "c"]],
    ["dog", ["a"]],
    ["  DOG what ", ["a"]],
    ["dog cat", []],
    ["ÜBER", ["c"]],
    ["question", ["b"]],
  ])("finds for %j: %j", (search, ids) => {
    expect(searchChats(chats, search).map(({ id }) => id)).toEqual(ids);
  });
});
