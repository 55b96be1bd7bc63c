import { describe, expect, it } from "vitest";
import { conversationKey, settingsKeys, workspaceKey } from "./conversation-key.ts";

const channel = { platform: "slack", workspaceId: "T1", channelId: "C1", isDirect: false };

describe("conversation keys", () => {
  it("are the thread's in a thread, else the channel's", () => {
    expect(conversationKey(channel)).toBe("slack:T1:C1");
    expect(conversationKey({ ...channel, threadId: "1700.2" })).toBe("slack:T1:C1:1700.2");
    expect(workspaceKey(channel)).toBe("slack:T1");
  });

  it("of settings go from thread to channel to workspace", () => {
    expect(settingsKeys(channel)).toEqual(["slack:T1:C1", "slack:T1"]);
    expect(settingsKeys({ ...channel, threadId: "9" })).toEqual(["slack:T1:C1:9", "slack:T1:C1", "slack:T1"]);
  });

  it("keep ids apart whatever they hold, and leave hash tags whole", () => {
    const odd = conversationKey({ ...channel, channelId: "a:b}{" });
    expect(odd).not.toBe(conversationKey({ ...channel, channelId: "a", threadId: "b}{" }));
    expect(odd).not.toMatch(/[{}]/);
  });
});
