import { readFileSync } from "node:fs";
import { parse } from "yaml";

interface Manifest {
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: { readonly event_subscriptions: { readonly bot_events: readonly string[] } };
}

/** Scopes and events of deploy/slack-manifest.yaml: an app installed from it gets these and no more. */
export function manifestOptions(): { readonly scopes: readonly string[]; readonly events: readonly string[] } {
  const text = readFileSync(new URL("../../deploy/slack-manifest.yaml", import.meta.url), "utf8");
  const { oauth_config, settings } = parse(text) as Manifest;
  return { scopes: oauth_config.scopes.bot, events: settings.event_subscriptions.bot_events };
}
