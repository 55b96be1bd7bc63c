import { describe, expect, it } from "vitest";
import { isClusterUrl, isRedisUrl, parseClusterUrl } from "./redis-url.ts";

describe("the URL of Redis", () => {
  it.each([
    "redis://localhost:6379",
    "rediss://user:pw@host:1/2",
    "redis-cluster://a:1",
    "rediss-cluster://:pw@a:1,10.0.0.2:2,[::1]:3",
  ])("may be %s", (url) => {
    expect(isRedisUrl(url)).toBe(true);
  });

  it.each([
    "http://localhost",
    "redis:/localhost",
    "redis-cluster://",
    "redis-cluster://a:1,b",
    "redis-cluster://a:1/0",
  ])("may not be %s", (url) => {
    expect(isRedisUrl(url)).toBe(false);
  });

  it("tells a cluster from a single Redis", () => {
    expect(isClusterUrl("redis-cluster://a:1,b:2")).toBe(true);
    expect(isClusterUrl("redis://a:1")).toBe(false);
  });

  it("of a cluster has nodes, login and encryption", () => {
    expect(parseClusterUrl("redis-cluster://a:1,b:2")).toEqual({
      rootUrls: ["redis://a:1", "redis://b:2"],
      username: undefined,
      password: undefined,
      isTls: false,
    });
    expect(parseClusterUrl("rediss-cluster://ann:p%40w@a:1")).toEqual({
      rootUrls: ["rediss://ann:p%40w@a:1"],
      username: "ann",
      password: "p@w",
      isTls: true,
    });
  });
});
