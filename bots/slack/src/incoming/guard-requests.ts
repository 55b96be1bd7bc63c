import type { IncomingMessage, RequestListener } from "node:http";
import { type HTTPReceiver, HTTPModuleFunctions as http, isValidSlackRequest } from "@slack/bolt";
import type { Logger } from "pino";
import { ReplayGuard } from "./replay-guard.ts";

/** Statuses of requests that the library does not get. */
const STATUS = { acknowledge: 200, refuse: 401 } as const;

/** Lets the library have each signed request once. Those whose signature is wrong it refuses itself. */
export function guardRequests(receiver: HTTPReceiver, signingSecret: string, logger: Logger): void {
  const guard = new ReplayGuard();
  const handle = receiver.requestListener;
  const listen: (...args: Parameters<RequestListener>) => Promise<void> = async (request, response) => {
    const verdict = (await isSigned(request, signingSecret)) ? guard.judge(request.headers) : "take";
    if (verdict === "take") return handle(request, response);
    if (verdict === "refuse") logger.warn("a signed request came a second time, or from the future; it was refused");
    http.buildNoBodyResponse(response, STATUS[verdict]);
  };
  receiver.requestListener = (request, response) =>
    void listen(request, response).catch((error: unknown) => {
      // The library throws for addresses that are not its own.
      http.buildNoBodyResponse(response, http.isRawBodyError(error) ? error.statusCode : 404);
    });
}

async function isSigned(request: IncomingMessage, signingSecret: string): Promise<boolean> {
  const signature = request.headers["x-slack-signature"];
  if (typeof signature !== "string") return false;
  const { rawBody } = await http.bufferIncomingMessage(request, http.defaultBodyLimit);
  const headers = {
    "x-slack-signature": signature,
    "x-slack-request-timestamp": Number(request.headers["x-slack-request-timestamp"]),
  };
  return isValidSlackRequest({ signingSecret, body: rawBody.toString(), headers });
}
