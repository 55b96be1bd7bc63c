import { type APIActionRowComponent, type APIButtonComponent, ButtonStyle, ComponentType } from "discord.js";

/** What the buttons under a reply do. */
export const BUTTON_ACTIONS = ["stop", "regenerate", "continue", "up", "down"] as const;
export type ButtonAction = (typeof BUTTON_ACTIONS)[number];

export type ButtonRow = APIActionRowComponent<APIButtonComponent & { readonly custom_id: string }>;

const LOOKS: Readonly<Record<ButtonAction, { readonly label?: string; readonly emoji?: { readonly name: string } }>> = {
  stop: { label: "Stop", emoji: { name: "⏹️" } },
  regenerate: { label: "Regenerate", emoji: { name: "🔄" } },
  continue: { label: "Continue", emoji: { name: "▶️" } },
  up: { emoji: { name: "👍" } },
  down: { emoji: { name: "👎" } },
};

/** A row of buttons for one reply. Its id goes into each, so that any process knows what was pressed. */
export function buttonRow(replyId: string, actions: readonly ButtonAction[]): ButtonRow[] {
  if (actions.length === 0) return [];
  const components = actions.map((action) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    custom_id: `${action}:${replyId}`,
    ...LOOKS[action],
  }));
  return [{ type: ComponentType.ActionRow, components }];
}

/** Which button a custom id stands for; undefined for those that are not the bot's. */
export function parseButton(customId: string): { readonly action: ButtonAction; readonly replyId: string } | undefined {
  const [name, replyId] = customId.split(":");
  const action = BUTTON_ACTIONS.find((candidate) => candidate === name);
  return action && replyId ? { action, replyId } : undefined;
}
