import type { App } from "@slack/bolt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdvancingClock } from "../clock.ts";
import { startBoltApp } from "./bolt-app.ts";
import { manifestOptions } from "./manifest.ts";
import { type SlackServer, startSlackServer } from "./slack-server.ts";

let clock: AdvancingClock;
let server: SlackServer;
let app: App;
let ann: string;
let channel: string;

beforeEach(async () => {
  clock = new AdvancingClock();
  server = await startSlackServer({ ...manifestOptions(), clock });
  app = await startBoltApp(server);
  ann = server.people.addUser("Ann");
  channel = server.people.addChannel("general", [ann]);
});

afterEach(async () => {
  await app.stop();
  await server.close();
});

const plain = (text: string) => ({ type: "plain_text", text }) as const;
const option = (text: string) => ({ text: plain(text), value: text });
const modal = {
  type: "modal" as const,
  callback_id: "choose",
  title: plain("Choose"),
  submit: plain("Choose"),
  blocks: [
    {
      type: "input" as const,
      block_id: "model",
      label: plain("Model"),
      element: { type: "external_select" as const, action_id: "model", min_query_length: 0 },
    },
  ],
};
const refused = (call: Promise<unknown>, error: string) =>
  expect(call).rejects.toMatchObject({ data: expect.objectContaining({ error }) });

async function openModal(): Promise<void> {
  app.command("/cria", async ({ ack, command, client }) => {
    await ack();
    await client.views.open({ trigger_id: command.trigger_id, view: modal });
  });
  await server.interactions.command(ann, channel, "");
  await server.until(() => server.world.views.size > 0);
}

describe("the Slack server's interactions", () => {
  it("press buttons of messages", async () => {
    app.action("go", async ({ ack, action, respond }) => {
      await ack();
      await respond({ text: `pressed ${"value" in action && action.value}`, replace_original: false });
    });
    const button = { type: "button" as const, action_id: "go", text: plain("Go"), value: "7" };
    await app.client.chat.postMessage({ channel, text: "x", blocks: [{ type: "actions", elements: [button] }] });
    await server.interactions.press(server.messages(channel)[0]!, "go", ann);
    await server.until(() => server.messages(channel, undefined, ann).length === 2);
    expect(server.transcript(channel, { seenBy: ann })).toEqual(["cria: x", "cria: pressed 7"]);
  });

  it("open modals by a trigger that works once, for three seconds", async () => {
    const triggers: string[] = [];
    app.command("/cria", async ({ ack, command }) => {
      triggers.push(command.trigger_id);
      await ack();
    });
    await server.interactions.command(ann, channel, "");
    await server.interactions.command(ann, channel, "");
    await app.client.views.open({ trigger_id: triggers[0]!, view: modal });
    await refused(app.client.views.open({ trigger_id: triggers[0]!, view: modal }), "exchanged_trigger_id");
    clock.advance(3_001);
    await refused(app.client.views.open({ trigger_id: triggers[1]!, view: modal }), "expired_trigger_id");
  });

  it("ask for suggestions and take at most a hundred, of 75 characters", async () => {
    let options = Array.from({ length: 100 }, (_, index) => option(`m${index}`));
    app.options("model", async ({ ack }) => void (await ack({ options })));
    await openModal();
    const view = [...server.world.views.values()][0]!;
    expect(await server.interactions.suggest(view, "model", "m", ann)).toHaveLength(100);
    options = [...options, option("one more")];
    expect(await server.interactions.suggest(view, "model", "m", ann)).toBeUndefined();
    options = [option("a".repeat(76))];
    expect(await server.interactions.suggest(view, "model", "m", ann)).toBeUndefined();
    expect(server.world.violations).toHaveLength(2);
  });

  it("submit modals, which stay open where the app finds errors", async () => {
    app.view("choose", async ({ ack, view }) => {
      const chosen = view.state.values.model?.model?.selected_option?.value;
      await (chosen === "bad" ? ack({ response_action: "errors", errors: { model: "No." } }) : ack());
    });
    await openModal();
    const view = [...server.world.views.values()][0]!;
    const submit = (name: string) =>
      server.interactions.submit(view, { model: { model: { selected_option: option(name) } } }, ann);
    expect(await submit("bad")).toMatchObject({ response_action: "errors" });
    expect(server.world.views.size).toBe(1);
    await submit("good");
    expect(server.world.views.size).toBe(0);
  });

  it("bring message shortcuts and the Home tab", async () => {
    app.event("app_home_opened", async ({ event, client }) => {
      const go = { type: "button" as const, action_id: "home", text: plain("Go"), value: "h" };
      const blocks = [{ type: "actions" as const, elements: [go] }];
      await client.views.publish({ user_id: event.user, view: { type: "home", blocks } });
    });
    const seen: unknown[] = [];
    app.action("home", async ({ ack, body }) => {
      await ack();
      seen.push(body.user.id);
    });
    app.shortcut("ask_about", async ({ ack, payload }) => {
      await ack();
      seen.push("message" in payload && payload.message.text);
    });
    server.people.openApp(ann, "home");
    await server.until(() => server.world.homes.has(ann));
    await server.interactions.pressHome(ann, "home");
    await server.interactions.shortcut("ask_about", server.people.say(channel, ann, "what is this"), ann);
    await server.until(() => seen.length === 2);
    expect(seen).toEqual([ann, "what is this"]);
  });
});
