import { checkText, checkViewBlocks, type Json } from "../world/blocks.ts";
import type { View, World } from "../world/world.ts";
import { type Arguments, type CallContext, type Method, text } from "./method.ts";
import { invalidArguments, SlackRefusal } from "./slack-error.ts";

const MAX_TITLE = 24;
const MAX_METADATA = 3_000;

/** Modals and the Home tab. */
export const viewMethods: Readonly<Record<string, Method>> = {
  "views.open": {
    required: ["trigger_id", "view"],
    optional: [],
    run: (args, { world, redeemTrigger }) => {
      redeemTrigger(text(args, "trigger_id"));
      const content = checkView(args.view, "modal");
      const view = { id: world.id("V"), user: "", content, hash: world.ts() };
      world.views.set(view.id, view);
      return { view: viewJson(world, view) };
    },
  },
  "views.update": { required: ["view"], optional: ["view_id", "external_id", "hash"], run: updateView },
  "views.publish": {
    required: ["user_id", "view"],
    optional: ["hash"],
    run: (args, { world }) => {
      const user = text(args, "user_id");
      if (!world.users.has(user)) throw new SlackRefusal("user_not_found");
      const view = { id: world.id("V"), user, content: checkView(args.view, "home"), hash: world.ts() };
      world.homes.set(user, view);
      return { view: viewJson(world, view) };
    },
  },
};

function updateView(args: Arguments, { world }: CallContext): Json {
  const view = world.views.get(text(args, "view_id"));
  if (!view) throw new SlackRefusal("not_found");
  if (args.hash !== undefined && args.hash !== view.hash) throw new SlackRefusal("hash_conflict");
  const updated = { ...view, content: checkView(args.view, "modal"), hash: world.ts() };
  world.views.set(view.id, updated);
  return { view: viewJson(world, updated) };
}

/** Checks a view. Throws what Slack says to one it does not show. */
export function checkView(view: unknown, type: "modal" | "home"): Json {
  const content = (view ?? {}) as Json;
  if (content.type !== type) throw invalidArguments(`view must be a ${type}`);
  if (type === "modal") checkText(content.title, MAX_TITLE, ["plain_text"]);
  for (const label of ["submit", "close"])
    if (content[label] !== undefined) checkText(content[label], MAX_TITLE, ["plain_text"]);
  if (text(content, "private_metadata").length > MAX_METADATA) throw invalidArguments("private_metadata is too long");
  const blocks = checkViewBlocks(content.blocks);
  if (type === "modal" && blocks.some((block) => block.type === "input") && content.submit === undefined)
    throw invalidArguments("a modal with inputs needs submit");
  return content;
}

/** A view as calls and interactions show it. */
export function viewJson(world: World, { id, content, hash }: View): Json {
  return { ...content, id, hash, team_id: world.team.id, app_id: world.appId, bot_id: world.botId, root_view_id: id };
}
