import { describe, expect, it } from "vitest";
import { defusePings } from "./defuse-pings.ts";

describe("defusePings", () => {
  it("breaks each ping and leaves the rest", () => {
    expect(defusePings("@everyone, ann@example.com and @here", /@(?=everyone|here)/g)).toBe(
      "@\u200beveryone, ann@example.com and @\u200bhere",
    );
    expect(defusePings("<!channel> <@U1> a < b", /<[@!]/g)).toBe("<\u200b!channel> <\u200b@U1> a < b");
    expect(defusePings("nothing", /@/g)).toBe("nothing");
  });
});
