import { useState } from "preact/hooks";
import type { Completion } from "../../../wire.ts";
import { nextIndex } from "../move-within.ts";
import { type Completions, useCompletions } from "./completions.ts";

/** The completion list over a composer. */
export interface CompletionChoice {
  readonly completions: readonly Completion[];
  readonly activeIndex: number;
  readonly isOpen: boolean;
  /** The list is of an older text: another one comes, and nothing can be chosen until then. */
  readonly isBusy: boolean;
  readonly onChoose: (completion: Completion) => void;
  /** Handles a key that is meant for the list and says whether it was. */
  readonly takesKey: (event: KeyboardEvent) => boolean;
}

/** What a key does to an open completion list. */
export type CompletionAction =
  | { readonly type: "move"; readonly index: number }
  | { readonly type: "choose"; readonly completion: Completion }
  /** It would choose what cannot be chosen. */
  | { readonly type: "refuse" }
  | { readonly type: "close" };

export interface CompletionOptions {
  readonly text: string;
  readonly channelId: string;
  readonly isDirect: boolean;
  readonly onChoose: (completion: Completion) => void;
}

/** Offers completions for a text and lets the keys of its composer move in them. */
export function useCompletionChoice({ text, channelId, isDirect, onChoose }: CompletionOptions): CompletionChoice {
  const completions = useCompletions(text, channelId, isDirect);
  const [active, setActive] = useState({ completions, index: 0 });
  const [closedFor, setClosedFor] = useState<string>();
  // A new list begins at its first line.
  const activeIndex = active.completions === completions ? active.index : 0;
  const { choices } = completions;
  const isOpen = choices.length > 0 && closedFor !== text && !isComplete(completions, text);
  // A list for an older text is shown until the new one comes, but must not undo what was typed since.
  const isBusy = completions.forText !== text;

  function takesKey(event: KeyboardEvent): boolean {
    if (!isOpen) return false;
    if (isBusy) return keepsFocus(event);
    const action = completionAction(event, { choices, activeIndex, text });
    if (action === undefined) return false;
    event.preventDefault();
    if (action.type === "move") setActive({ completions, index: action.index });
    if (action.type === "choose") onChoose(action.completion);
    if (action.type === "close") setClosedFor(text);
    return true;
  }

  return { completions: choices, activeIndex, isOpen, isBusy, onChoose, takesKey };
}

interface ListState {
  readonly choices: readonly Completion[];
  readonly activeIndex: number;
  readonly text: string;
}

/** What a key means to an open list; undefined: nothing, it is the composer's. */
export function completionAction(
  event: Pick<KeyboardEvent, "key" | "shiftKey">,
  { choices, activeIndex, text }: ListState,
): CompletionAction | undefined {
  const active = choices[activeIndex];
  if (active === undefined) return undefined;
  if (event.key === "Escape") return { type: "close" };
  if (event.key === "ArrowDown" || event.key === "ArrowUp")
    return { type: "move", index: nextIndex(event.key, activeIndex, choices.length) ?? activeIndex };
  // Enter sends what is complete already.
  const isEnter = event.key === "Enter" && !event.shiftKey && active.text.trim() !== text.trim();
  if (!isEnter && (event.key !== "Tab" || event.shiftKey)) return undefined;
  return active.disabledReason === undefined ? { type: "choose", completion: active } : { type: "refuse" };
}

/** A Tab that comes too early does not leave the composer. */
function keepsFocus(event: KeyboardEvent): boolean {
  const isEarly = event.key === "Tab" && !event.shiftKey;
  if (isEarly) event.preventDefault();
  return isEarly;
}

function isComplete({ choices }: Completions, text: string): boolean {
  return choices.length === 1 && choices[0]!.text.trim() === text.trim();
}
