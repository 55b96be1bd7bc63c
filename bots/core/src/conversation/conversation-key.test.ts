import { describe, expect, it } from "vitest";
import { cacheSalt, conversationKey, settingsKeys, tenantKey, workspaceKey } from "./conversation-key.ts";

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

  it("count shares for each person of a workspace", () => {
    expect(tenantKey(channel, { id: "U1" })).toBe("slack:T1:U1");
    expect(tenantKey(channel, { id: "U2" })).toBe("slack:T1:U2");
    expect(tenantKey({ ...channel, platform: "discord" }, { id: "U1" })).not.toBe(tenantKey(channel, { id: "U1" }));
  });

  it("share cached prefixes within a workspace, and in a direct message with nobody", () => {
    expect(cacheSalt(channel, { id: "U1" })).toBe("slack:T1");
    expect(cacheSalt({ ...channel, isDirect: true }, { id: "U1" })).toBe("slack:T1:U1");
  });

  it("keep ids apart whatever they hold, and leave hash tags whole", () => {
    const odd = conversationKey({ ...channel, channelId: "a:b}{" });
    expect(odd).not.toBe(conversationKey({ ...channel, channelId: "a", threadId: "b}{" }));
    expect(odd).not.toMatch(/[{}]/);
  });
});
