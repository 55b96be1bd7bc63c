import { describe, expect, it } from "vitest";
import type { Command } from "../port/command.ts";
import type { Author, Place } from "../port/place.ts";
import { DEFAULT_WORDS } from "../port/words.ts";
import { type AccessLists, type AccessPolicy, accessRefusal, isAdmin, OPEN_ACCESS } from "./access.ts";
import { commandRefusal } from "./command-access.ts";

const channel: Place = { platform: "slack", workspaceId: "T1", channelId: "C1", isDirect: false };
const direct: Place = { ...channel, channelId: "D1", isDirect: true };
const ann: Author = { id: "ann", name: "Ann", roleIds: ["staff"] };
const lists = (some: Partial<AccessLists>): AccessLists => ({ ...OPEN_ACCESS.allow, ...some });
const allowing = (some: Partial<AccessLists>): AccessPolicy => ({ ...OPEN_ACCESS, allow: lists(some) });
const denying = (some: Partial<AccessLists>): AccessPolicy => ({ ...OPEN_ACCESS, deny: lists(some) });
const refusalBy = (access: AccessPolicy, place: Place, author: Author) =>
  accessRefusal({ access, words: DEFAULT_WORDS }, place, author);

describe("accessRefusal", () => {
  it("lets everyone in without lists", () => {
    expect(refusalBy(OPEN_ACCESS, channel, ann)).toBeUndefined();
    expect(refusalBy(OPEN_ACCESS, direct, { id: "bob", name: "Bob" })).toBeUndefined();
  });

  it.each([
    ["workspaces", "T1", /this workspace/],
    ["channels", "C1", /this channel/],
    ["users", "ann", /not on the list/],
    ["roles", "staff", /not on the list/],
  ] as const)("denies by %s and allows by them", (kind, id, sentence) => {
    expect(refusalBy(denying({ [kind]: [id] }), channel, ann)).toMatch(sentence);
    expect(refusalBy(allowing({ [kind]: ["other"] }), channel, ann)).toMatch(sentence);
    expect(refusalBy(allowing({ [kind]: ["other", id] }), channel, ann)).toBeUndefined();
    expect(refusalBy({ ...denying({ [kind]: [id] }), allow: lists({ [kind]: [id] }) }, channel, ann)).toMatch(sentence);
  });

  it("lets a person in by name or by role", () => {
    expect(refusalBy(allowing({ users: ["bob"], roles: ["staff"] }), channel, ann)).toBeUndefined();
    expect(refusalBy(allowing({ users: ["ann"], roles: ["boss"] }), channel, ann)).toBeUndefined();
    expect(refusalBy(allowing({ roles: ["boss"] }), channel, { id: "x", name: "X" })).toMatch(/not on the list/);
  });

  it("keeps out whose roles are not known where roles are listed", () => {
    const unknown: Author = { id: "x", name: "X" };
    expect(refusalBy(denying({ roles: ["banned"] }), channel, unknown)).toMatch(/cannot see which roles/);
    expect(refusalBy(denying({ roles: ["banned"] }), direct, unknown)).toMatch(/cannot see which roles/);
    expect(refusalBy(allowing({ roles: ["staff"] }), channel, unknown)).toMatch(/not on the list/);
    expect(refusalBy(denying({ roles: ["banned"] }), channel, { ...unknown, roleIds: [] })).toBeUndefined();
    expect(refusalBy(denying({ users: ["y"] }), channel, unknown)).toBeUndefined();
  });

  it("holds lists of channels for channels and the switch of direct messages for those", () => {
    expect(refusalBy(allowing({ channels: ["C2"] }), direct, ann)).toBeUndefined();
    expect(refusalBy({ ...OPEN_ACCESS, directMessages: false }, direct, ann)).toMatch(/direct messages/);
    expect(refusalBy({ ...OPEN_ACCESS, directMessages: false }, channel, ann)).toBeUndefined();
  });

  it("lets who is in an allowed workspace write directly where that belongs to none, unless that is denied", () => {
    const outside = { ...direct, workspaceId: "@me" };
    const member: Author = { ...ann, workspaceIds: ["T1", "T2"] };
    expect(refusalBy(allowing({ workspaces: ["T1"] }), outside, ann)).toMatch(/answer you here/);
    expect(refusalBy(allowing({ workspaces: ["T1"] }), outside, member)).toBeUndefined();
    expect(refusalBy(allowing({ workspaces: ["T1"] }), { ...channel, workspaceId: "T3" }, member)).toMatch(
      /this workspace/,
    );
    expect(refusalBy(denying({ workspaces: ["T1"] }), outside, member)).toBeUndefined();
    const denied = { ...allowing({ workspaces: ["T1"] }), deny: lists({ workspaces: ["@me"] }) };
    expect(refusalBy(denied, outside, member)).toMatch(/answer you here/);
    const both = { ...allowing({ workspaces: ["T1"] }), deny: lists({ workspaces: ["T1"] }) };
    expect(refusalBy(both, outside, member)).toMatch(/answer you here/);
  });

  it("calls a workspace as its platform does", () => {
    const words = { ...DEFAULT_WORDS, workspace: "server" };
    const access = denying({ workspaces: ["T1"] });
    expect(accessRefusal({ access, words }, channel, ann)).toMatch(/in this server;/);
    const command = { type: "model", name: "m", scope: "workspace" } as const;
    expect(commandRefusal({ access, words }, { author: ann, command })).toMatch(/settings of a server\.$/);
  });

  it("goes by the channel in a thread", () => {
    expect(refusalBy(denying({ channels: ["C1"] }), { ...channel, threadId: "17" }, ann)).toMatch(/this channel/);
  });
});

describe("isAdmin", () => {
  it("believes the platform where no admins are configured, and the lists where they are", () => {
    const platformAdmin = { ...ann, isAdmin: true };
    expect(isAdmin(OPEN_ACCESS, ann)).toBe(false);
    expect(isAdmin(OPEN_ACCESS, platformAdmin)).toBe(true);
    expect(isAdmin({ ...OPEN_ACCESS, admins: { users: ["bob"], roles: [] } }, platformAdmin)).toBe(false);
    expect(isAdmin({ ...OPEN_ACCESS, admins: { users: ["ann"], roles: [] } }, ann)).toBe(true);
    expect(isAdmin({ ...OPEN_ACCESS, admins: { users: [], roles: ["staff"] } }, ann)).toBe(true);
    expect(isAdmin({ ...OPEN_ACCESS, admins: { users: [], roles: ["staff"] } }, { id: "x", name: "X" })).toBe(false);
  });
});

describe("commandRefusal", () => {
  const refuse = (access: AccessPolicy, asked: Parameters<typeof commandRefusal>[1]) =>
    commandRefusal({ access, words: DEFAULT_WORDS }, asked);
  const policy: AccessPolicy = { ...OPEN_ACCESS, adminCommands: ["model", "reset", "compare", "context", "system"] };
  const changes: readonly Command[] = [
    { type: "model", name: "m" },
    { type: "system", text: "s" },
    { type: "context", mode: "off" },
    { type: "context", window: 3 },
    { type: "reset" },
    { type: "compare", models: ["a", "b"], text: "q" },
  ];
  const looks: readonly Command[] = [
    { type: "model" },
    { type: "system" },
    { type: "context" },
    { type: "feedback" },
    { type: "status" },
    { type: "help" },
  ];

  it.each(changes)("keeps $type for admins where that is configured", (command) => {
    expect(refuse(policy, { author: ann, command })).toBe(
      `Only admins may use \`/${command.type}\` to change something here.`,
    );
    expect(refuse(policy, { author: { ...ann, isAdmin: true }, command })).toBeUndefined();
    expect(refuse(OPEN_ACCESS, { author: ann, command })).toBeUndefined();
  });

  it.each(looks)("lets everyone look: $type", (command) => {
    expect(refuse(policy, { author: ann, command })).toBeUndefined();
  });

  it("keeps what holds for a whole workspace for admins always", () => {
    const refusal = (command: Command) => refuse(OPEN_ACCESS, { author: ann, command });
    expect(refusal({ type: "feedback", isOn: true })).toMatch(/Only admins/);
    expect(refusal({ type: "model", name: "m", scope: "workspace" })).toMatch(/a workspace/);
    expect(refusal({ type: "model", name: "m", scope: "channel" })).toBeUndefined();
  });
});
