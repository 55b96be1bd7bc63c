import { callbackJson } from "../interactions/interactions.ts";
import type { Route } from "./route.ts";

/** Answers to interactions and what follows them. */
export const INTERACTION_ROUTES: readonly Route[] = interactionRoutes();

function interactionRoutes(): Route[] {
  const message = "/webhooks/:app/:token/messages/:message";
  return [
    {
      method: "POST",
      path: "/interactions/:interaction/:token/callback",
      bucket: "other",
      isOpen: true,
      handle: ({ interactions }, { params, query, json, files }) => {
        const interaction = interactions.answer(params.interaction!, params.token!, json, files);
        return query.get("with_response") === "true" ? callbackJson(interaction) : undefined;
      },
    },
    {
      method: "POST",
      path: "/webhooks/:app/:token",
      bucket: "webhook",
      isOpen: true,
      handle: ({ interactions }, { params, json, files }) => interactions.followUp(params.token!, json, files).json,
    },
    {
      method: "GET",
      path: message,
      bucket: "webhook",
      isOpen: true,
      handle: ({ interactions }, { params }) => interactions.find(params.token!, params.message!).json,
    },
    {
      method: "PATCH",
      path: message,
      bucket: "webhook",
      isOpen: true,
      handle: ({ interactions }, { params, json, files }) =>
        interactions.edit(params.token!, params.message!, json, files).json,
    },
    {
      method: "DELETE",
      path: message,
      bucket: "webhook",
      isOpen: true,
      handle: ({ interactions }, { params }) => interactions.remove(params.token!, params.message!),
    },
  ];
}
