import { App, type Logger, LogLevel, SocketModeReceiver } from "@slack/bolt";
import type { SlackServer } from "./slack-server.ts";

const ignore = () => {};
const silent: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  setLevel: ignore,
  getLevel: () => LogLevel.ERROR,
  setName: ignore,
};

/** A bare app of the real library, connected to the server by Socket Mode. */
export async function startBoltApp(server: SlackServer): Promise<App> {
  const clientOptions = { slackApiUrl: server.apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true };
  const receiver = new SocketModeReceiver({
    appToken: server.appToken,
    logger: silent,
    clientPingTimeout: 100,
    installerOptions: { clientOptions },
  });
  const app = new App({
    token: server.botToken,
    receiver,
    clientOptions,
    deferInitialization: true,
    logger: silent,
  });
  app.error(async () => {});
  await app.init();
  await app.start();
  return app;
}
