import { randomUUID } from "node:crypto";
import { checkView, viewJson } from "../api/view-methods.ts";
import { elementsOf, type Json, optionsFault } from "../world/blocks.ts";
import { messageJson } from "../world/message-json.ts";
import type { Message, View, World } from "../world/world.ts";
import type { Deliveries } from "./deliveries.ts";
import type { ResponseUrls } from "./response-urls.ts";
import type { Triggers } from "./triggers.ts";

export interface InteractionParts {
  readonly world: World;
  readonly deliveries: Deliveries;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly baseUrl: () => string;
}

/** What people do with commands, buttons, menus, modals and the Home tab. */
export class Interactions {
  readonly #parts: InteractionParts;

  constructor(parts: InteractionParts) {
    this.#parts = parts;
  }

  /** A slash command. Unavailable in threads, as Slack's are. Returns what the app answered it with, if anything. */
  async command(user: string, channel: string, text: string, command = "/cria"): Promise<unknown> {
    const { world, deliveries, triggers, responseUrls } = this.#parts;
    const payload = {
      token: "verification",
      team_id: world.users.get(user)?.teamId ?? world.team.id,
      team_domain: world.team.domain,
      channel_id: channel,
      channel_name: world.channels.get(channel)?.name ?? "directmessage",
      user_id: user,
      user_name: world.users.get(user)?.name ?? "",
      command,
      text,
      api_app_id: world.appId,
      is_enterprise_install: "false",
      response_url: responseUrls.issue({ channel, user }),
      trigger_id: triggers.issue(),
    };
    const answer = (await deliveries.request({ kind: "slash_commands", payload })) as Json | undefined;
    if (answer?.text || answer?.blocks) this.#parts.responseUrls.show({ channel, user }, answer);
    return answer;
  }

  /** Presses a button; `value` chooses one of a pair of feedback buttons. */
  async press(message: Message, actionId: string, user: string, value?: string): Promise<void> {
    const { world, baseUrl, responseUrls } = this.#parts;
    const found = elementsOf(message.blocks).find(({ element }) => element.action_id === actionId);
    if (!found) throw new Error(`message ${message.ts} has no ${actionId}: ${JSON.stringify(message.blocks)}`);
    const { channel, threadTs, ts } = message;
    await this.#blockActions(user, found.element, value === undefined ? spokenValue(found.element) : { value }, {
      container: { type: "message", message_ts: ts, channel_id: channel, is_ephemeral: false, thread_ts: threadTs },
      channel: { id: channel, name: world.channels.get(channel)?.name },
      message: messageJson(world, message, baseUrl()),
      response_url: responseUrls.issue({ channel, user, threadTs, message }),
    });
  }

  /** Uses an element of the Home tab: a button, or a menu with a choice. */
  async pressHome(user: string, actionId: string, choice?: Json): Promise<void> {
    const view = this.#parts.world.homes.get(user);
    const blocks = (view?.content.blocks ?? []) as readonly Json[];
    const found = elementsOf(blocks).find(({ element }) => element.action_id === actionId);
    if (!view || !found) throw new Error(`the Home tab of ${user} has no ${actionId}`);
    const { world } = this.#parts;
    const container = { type: "view", view_id: view.id };
    const element = choice ? { ...found.element, selected_option: choice } : found.element;
    await this.#blockActions(user, { block_id: found.block.block_id, ...element }, spokenValue(element), {
      container,
      view: viewJson(world, view),
    });
  }

  /** Types into an external select of a modal. Undefined when what came back cannot be shown. */
  async suggest(view: View, actionId: string, value: string, user: string): Promise<readonly Json[] | undefined> {
    const { world, deliveries } = this.#parts;
    const payload = {
      ...this.#base("block_suggestion", user),
      container: { type: "view", view_id: view.id },
      view: viewJson(world, view),
      action_id: actionId,
      block_id: actionId,
      value,
    };
    const answer = (await deliveries.request({ kind: "interactive", payload })) as Json | undefined;
    if (!answer) return undefined;
    const fault = optionsFault(answer.options);
    if (fault) world.violations.push(`options of ${actionId}: ${fault}`);
    return fault ? undefined : (answer.options as readonly Json[]);
  }

  /** Submits a modal; `values` by block and action. Closes it unless the app answers with errors or another view. */
  async submit(view: View, values: Json, user: string): Promise<unknown> {
    const { world, deliveries, triggers } = this.#parts;
    const state = { values };
    const payload = {
      ...this.#base("view_submission", user),
      trigger_id: triggers.issue(),
      view: { ...viewJson(world, view), state },
      response_urls: [],
    };
    const answer = (await deliveries.request({ kind: "interactive", payload })) as Json | undefined;
    if (answer?.response_action === "update") {
      world.views.set(view.id, { ...view, content: checkView(answer.view, "modal"), hash: world.ts() });
    } else if (answer?.response_action !== "errors") world.views.delete(view.id);
    return answer;
  }

  /** A message shortcut. */
  async shortcut(callbackId: string, message: Message, user: string): Promise<void> {
    const { world, deliveries, triggers, responseUrls, baseUrl } = this.#parts;
    const payload = {
      ...this.#base("message_action", user),
      callback_id: callbackId,
      trigger_id: triggers.issue(),
      response_url: responseUrls.issue({ channel: message.channel, user }),
      channel: { id: message.channel, name: world.channels.get(message.channel)?.name },
      message_ts: message.ts,
      message: messageJson(world, message, baseUrl()),
      action_ts: world.ts(),
    };
    await deliveries.request({ kind: "interactive", payload });
  }

  async #blockActions(user: string, element: Json, value: Json, place: Json): Promise<void> {
    const { deliveries, triggers, world } = this.#parts;
    const { action_id, block_id = randomUUID(), type } = element;
    const action = { action_id, block_id, type, ...value, action_ts: world.ts() };
    const payload = { ...this.#base("block_actions", user), trigger_id: triggers.issue(), ...place, actions: [action] };
    await deliveries.request({ kind: "interactive", payload });
  }

  #base(type: string, user: string): Json {
    const { world } = this.#parts;
    return {
      type,
      team: { id: world.team.id, domain: world.team.domain },
      user: { id: user, name: world.users.get(user)?.name, team_id: world.users.get(user)?.teamId },
      api_app_id: world.appId,
      token: "verification",
      is_enterprise_install: false,
    };
  }
}

/** What an element says when it is used. */
function spokenValue({ value, selected_option }: Json): Json {
  return { ...(value !== undefined && { value }), ...(selected_option !== undefined && { selected_option }) };
}
