/** Fakes that work, for tests of platforms. */
export { FakeInferenceClient, type FakeReply } from "./testing/fake-inference-client.ts";
export { fakeModel } from "./testing/fake-model.ts";
export { FakeReplyHandle } from "./testing/fake-reply.ts";
export { createGate, type Gate } from "./testing/gate.ts";
export { type InferenceHandlers, type InferenceServer, startInferenceServer } from "./testing/inference-server.ts";
export { hasRedisServer, type RedisServer, startRedisServer } from "./testing/redis-server.ts";
export { startTcpProxy, type TcpProxy } from "./testing/tcp-proxy.ts";
