import { APPLICATION_ROUTES } from "./application-routes.ts";
import { CHANNEL_ROUTES } from "./channel-routes.ts";
import { INTERACTION_ROUTES } from "./interaction-routes.ts";
import { MESSAGE_ROUTES } from "./message-routes.ts";
import type { Route } from "./route.ts";

/** All routes that a bot of this kind calls. */
export const ROUTES: readonly Route[] = [
  ...APPLICATION_ROUTES,
  ...CHANNEL_ROUTES,
  ...MESSAGE_ROUTES,
  ...INTERACTION_ROUTES,
];
