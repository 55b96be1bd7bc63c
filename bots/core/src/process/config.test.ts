import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { OPEN_ACCESS } from "../admission/access.ts";
import { openBotCore } from "../open-bot-core.ts";
import { DEFAULT_PERSONA } from "../prompt/persona.ts";
import { loadCoreConfig } from "./config.ts";

describe("loadCoreConfig", () => {
  it("has a default for everything", () => {
    expect(loadCoreConfig({})).toEqual({
      inferenceAddress: "127.0.0.1:50051",
      token: undefined,
      redisUrl: undefined,
      window: 6,
      maxTokens: 1_024,
      persona: DEFAULT_PERSONA,
      roundsTtlMs: 30 * 86_400_000,
      access: OPEN_ACCESS,
      quotaLimits: {},
      transcriptTtlMs: 30 * 86_400_000,
      hasTranscriptText: false,
      feedbackTtlMs: 365 * 86_400_000,
    });
  });

  it("reads who may talk to the bot, how much, and who runs it", () => {
    const config = loadCoreConfig({
      CRIA_ALLOW_WORKSPACES: "T00000001, T00000002",
      CRIA_ALLOW_CHANNELS: "C00000001",
      CRIA_ALLOW_USERS: "U00000001",
      CRIA_ALLOW_ROLES: "S00000001",
      CRIA_DENY_WORKSPACES: "T00000003",
      CRIA_DENY_CHANNELS: "C00000003",
      CRIA_DENY_USERS: "U00000003",
      CRIA_DENY_ROLES: "S00000003",
      CRIA_ADMIN_USERS: "U00000009",
      CRIA_ADMIN_ROLES: "S00000009",
      CRIA_ADMIN_COMMANDS: "model, System",
      CRIA_DIRECT_MESSAGES: "0",
      CRIA_USER_MESSAGES_PER_MINUTE: "10",
      CRIA_WORKSPACE_MESSAGES_PER_MINUTE: "100",
      CRIA_USER_TOKENS_PER_DAY: "50000",
      CRIA_WORKSPACE_TOKENS_PER_DAY: "1000000",
    });
    expect(config.access).toEqual({
      allow: {
        workspaces: ["T00000001", "T00000002"],
        channels: ["C00000001"],
        users: ["U00000001"],
        roles: ["S00000001"],
      },
      deny: { workspaces: ["T00000003"], channels: ["C00000003"], users: ["U00000003"], roles: ["S00000003"] },
      directMessages: false,
      admins: { users: ["U00000009"], roles: ["S00000009"] },
      adminCommands: ["model", "system"],
    });
    expect(config.quotaLimits).toEqual({
      userMessagesPerMinute: 10,
      workspaceMessagesPerMinute: 100,
      userTokensPerDay: 50_000,
      workspaceTokensPerDay: 1_000_000,
    });
  });

  it("reads how long a reply may be, and the persona of models without one", () => {
    const env = { CRIA_MAX_TOKENS: "16", CRIA_PERSONA: "You are {workspace}'s assistant." };
    expect(loadCoreConfig(env)).toMatchObject({ maxTokens: 16, persona: "You are {workspace}'s assistant." });
    expect(() => loadCoreConfig({ CRIA_MAX_TOKENS: "8" })).toThrow('CRIA_MAX_TOKENS="8": must be 16 to 32768');
    expect(() => loadCoreConfig({ CRIA_MAX_TOKENS: "32769" })).toThrow("must be 16 to 32768");
    expect(() => loadCoreConfig({ CRIA_PERSONA: "a".repeat(8_001) })).toThrow("must have at most 8000 characters");
  });

  it("reads what is kept of exchanges", () => {
    const env = { CRIA_TRANSCRIPT_DAYS: "0", CRIA_TRANSCRIPT_TEXT: "1", CRIA_FEEDBACK_DAYS: "7" };
    expect(loadCoreConfig(env)).toMatchObject({
      transcriptTtlMs: 0,
      hasTranscriptText: true,
      feedbackTtlMs: 7 * 86_400_000,
    });
  });

  it("reads what is set, and takes an empty variable for absent", () => {
    const env = {
      CRIA_INFERENCE_ADDRESS: "cria.example:443",
      CRIA_TOKEN: "secret",
      CRIA_REDIS_URL: "rediss://user:pw@redis.example:6380/2",
      CRIA_WINDOW: "",
      CRIA_MEMORY_DAYS: "1",
      HOME: "/root",
    };
    expect(loadCoreConfig(env)).toMatchObject({
      inferenceAddress: "cria.example:443",
      token: "secret",
      redisUrl: "rediss://user:pw@redis.example:6380/2",
      window: 6,
      roundsTtlMs: 86_400_000,
    });
  });

  it.each([
    ["CRIA_DENY_USERS", "U024BE7LH, @bob", '"@bob" is no id of a person; write it as U024BE7LH or 80351110224678912'],
    ["CRIA_DENY_USERS", "bob", '"bob" is no id of a person'],
    ["CRIA_DENY_USERS", "BOB", '"BOB" is no id of a person'],
    ["CRIA_DENY_USERS", "bob_from_accounting", '"bob_from_accounting" is no id of a person'],
    ["CRIA_DENY_USERS", "C024BE91L", '"C024BE91L" is no id of a person'],
    ["CRIA_DENY_USERS", "4711", '"4711" is no id of a person'],
    ["CRIA_ADMIN_USERS", "<@80351110224678912>", '"<@80351110224678912>" is no id of a person'],
    ["CRIA_ALLOW_CHANNELS", "#general", '"#general" is no id of a channel'],
    ["CRIA_ALLOW_CHANNELS", "C024BE91L,Off Topic", '"Off Topic" is no id of a channel'],
    ["CRIA_DENY_CHANNELS", "GENERAL", '"GENERAL" is no id of a channel'],
    ["CRIA_ADMIN_ROLES", "@admins", '"@admins" is no id of a role'],
    ["CRIA_DENY_ROLES", "admins", '"admins" is no id of a role'],
    ["CRIA_ALLOW_WORKSPACES", "acme", '"acme" is no id of a workspace'],
  ])("refuses a name in %s=%j, which would match nobody", (variable, value, fault) => {
    expect(() => loadCoreConfig({ [variable]: value })).toThrow(`${variable}=${JSON.stringify(value)}: ${fault}`);
  });

  it("takes the ids of every platform", () => {
    const env = {
      CRIA_ALLOW_WORKSPACES: "T024BE7LD,41771983423143937,local,@me",
      CRIA_ALLOW_CHANNELS: "C024BE91L,41771983423143937,general,straße_7",
      CRIA_ALLOW_USERS: "U024BE7LH,W12345678,80351110224678912,Zk3-_9aXq0bLm2Yw",
      CRIA_ALLOW_ROLES: "S0604QSJC,41771983423143936",
    };
    const { allow } = loadCoreConfig(env).access;
    expect(Object.values(allow).map((ids) => ids.length)).toEqual([4, 4, 4, 2]);
  });

  it("cannot be changed", () => {
    expect(Object.isFrozen(loadCoreConfig({}))).toBe(true);
  });

  it("names every fault at once, and no secret", () => {
    const env = {
      CRIA_INFERENCE_ADDRESS: "nowhere",
      CRIA_REDIS_URL: "http://user:hunter2@redis",
      CRIA_WINDOW: "51",
      CRIA_MEMORY_DAYS: "1.5",
      CRIA_ALLOW_CHANNELS: "C024BE91L,,C024BE91M",
      CRIA_ADMIN_COMMANDS: "modle",
      CRIA_DIRECT_MESSAGES: "yes",
      CRIA_USER_TOKENS_PER_DAY: "0",
    };
    const load = () => loadCoreConfig(env);
    expect(load).toThrow('CRIA_INFERENCE_ADDRESS="nowhere": must be host:port, as 127.0.0.1:50051');
    expect(load).toThrow(
      "CRIA_REDIS_URL must be redis://host:port, rediss://host:port or redis-cluster://host:port,host:port",
    );
    expect(load).toThrow('CRIA_ALLOW_CHANNELS="C024BE91L,,C024BE91M": must be ids separated by commas');
    expect(load).toThrow('CRIA_ADMIN_COMMANDS="modle": has no command "modle"; it takes model');
    expect(load).toThrow('CRIA_DIRECT_MESSAGES="yes": must be 0 or 1');
    expect(load).toThrow('CRIA_USER_TOKENS_PER_DAY="0": must be a whole number of 1 or more');
    expect(load).toThrow('CRIA_WINDOW="51": must be 1 to 50');
    expect(load).toThrow('CRIA_MEMORY_DAYS="1.5": must be a whole number');
    expect(load).not.toThrow(/hunter2/);
  });
});

describe("openBotCore", () => {
  it("keeps everything in the process where no Redis is configured", async () => {
    const opened = await openBotCore(loadCoreConfig({}), { logger: pino({ level: "silent" }) });
    expect(opened.stores.kind).toBe("memory");
    expect(opened.redis).toBeUndefined();
    await opened.close();
  });
});
