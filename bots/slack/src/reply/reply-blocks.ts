import type { ReplyButtons } from "@cria/bot-core";
import type { types } from "@slack/bolt";
import { escapeMrkdwn } from "./message-text.ts";

export const ACTIONS = {
  regenerate: "reply_regenerate",
  continue: "reply_continue",
  feedback: "reply_feedback",
} as const;

/** What stands under the last message of a reply. */
export interface ReplyFooter {
  readonly replyId: string;
  /** Small print: how it ended, the figures; or why it failed. */
  readonly lines: readonly string[];
  readonly buttons: ReplyButtons;
  readonly canContinue: boolean;
  readonly wantsFeedback: boolean;
}

/** A text as blocks: people read the Markdown, then what stands under it. */
export function markdownBlocks(text: string, footer: readonly types.AnyBlock[] = []): readonly types.AnyBlock[] {
  return text.trim() === "" ? footer : [{ type: "markdown", text }, ...footer];
}

/** The replies that stand over buttons among some blocks. */
export function replyIdsIn(blocks: unknown): readonly string[] {
  const elements = (Array.isArray(blocks) ? blocks : []).flatMap((block) => block?.elements ?? []);
  const ids = elements.filter(({ action_id }) => action_id === ACTIONS.regenerate).map(({ value }) => String(value));
  return [...new Set(ids)];
}

/** Whether some blocks hold what stands under a reply that has ended: figures, or buttons. */
export function areOfEndedReply(blocks: unknown): boolean {
  const all: readonly types.AnyBlock[] = Array.isArray(blocks) ? blocks : [];
  return all.some((block) => ["actions", "context_actions", "context"].includes(block.type) && !isToGoOn(block));
}

/** Under the last message of a reply whose end comes as a file. */
export const REST_TO_COME = "Goes on; the whole reply comes as a file.";
const isToGoOn = (block: types.AnyBlock) => JSON.stringify(block).includes(REST_TO_COME);

/** Small print, buttons, feedback. */
export function footerBlocks(footer: ReplyFooter): readonly types.AnyBlock[] {
  const { replyId, lines, canContinue, wantsFeedback } = footer;
  const small = lines.filter((line) => line !== "").map(escapeMrkdwn);
  return [
    ...(small.length > 0 ? [contextBlock(small.join(" · "))] : []),
    ...(footer.buttons === "all" ? [actionsBlock(replyId, canContinue)] : []),
    ...(wantsFeedback ? [feedbackBlock(replyId)] : []),
  ];
}

export function contextBlock(mrkdwn: string): types.ContextBlock {
  return { type: "context", elements: [{ type: "mrkdwn", text: mrkdwn.slice(0, 2_900) }] };
}

function actionsBlock(replyId: string, canContinue: boolean): types.ActionsBlock {
  const regenerate = button(ACTIONS.regenerate, "Regenerate", replyId);
  const elements = canContinue ? [button(ACTIONS.continue, "Continue", replyId), regenerate] : [regenerate];
  return { type: "actions", elements };
}

function button(actionId: string, text: string, value: string): types.Button {
  return { type: "button", action_id: actionId, text: { type: "plain_text", text }, value };
}

function feedbackBlock(replyId: string): types.ContextActionsBlock {
  const choice = (text: string, rating: string, label: string) => ({
    text: { type: "plain_text" as const, text },
    value: `${rating}:${replyId}`,
    accessibility_label: label,
  });
  const feedback = {
    type: "feedback_buttons" as const,
    action_id: ACTIONS.feedback,
    positive_button: choice("👍", "up", "A good answer"),
    negative_button: choice("👎", "down", "A bad answer"),
  };
  return { type: "context_actions", elements: [feedback] };
}
