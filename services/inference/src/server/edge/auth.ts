import { createHash, timingSafeEqual } from "node:crypto";
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import { InferenceError } from "../../errors.ts";
import { errorStatus, type FailureSink } from "./error-status.ts";

/** Open without a token: kubelets and load balancers have none. */
const OPEN_SERVICE = "/grpc.health.v1.Health/";
const BEARER = /^Bearer (.+)$/i;

/** Lets calls through that show the token as `authorization: Bearer <token>`; health is open to all. */
export function bearerAuth(token: string, sink: FailureSink): ServerInterceptor {
  const expected = digest(token);
  return ({ path }, call) => {
    if (path.startsWith(OPEN_SERVICE)) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, forward) {
            if (showsToken(metadata, expected)) forward(metadata);
            else call.sendStatus(errorStatus(unauthenticated(metadata), sink, { rpc: path }));
          },
        }),
    });
  };
}

/** Compares digests: equal lengths, so the time taken tells nothing of the token. */
function showsToken(metadata: Metadata, expected: Buffer): boolean {
  const shown = BEARER.exec(String(metadata.get("authorization")[0]))?.[1];
  return shown !== undefined && timingSafeEqual(digest(shown), expected);
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function unauthenticated(metadata: Metadata): InferenceError {
  const problem = metadata.get("authorization").length === 0 ? "no token was shown" : "the token shown is wrong";
  const remedy = 'send the metadata "authorization: Bearer <the service\'s CRIA_TOKEN>"';
  return new InferenceError("UNAUTHENTICATED", `${problem}: ${remedy}`);
}
