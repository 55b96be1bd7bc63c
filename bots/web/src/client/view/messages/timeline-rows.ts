import type { MessageView } from "../../state/channels/channel-state.ts";

/** Messages of one author within this time stand under one name. */
const GROUP_MS = 5 * 60 * 1_000;

/** A message in the list. */
export interface MessageRow {
  readonly type: "message";
  readonly key: string;
  readonly view: MessageView;
  /** Whether it begins a group and so shows its author. */
  readonly isFirst: boolean;
  /** Whether it says whom it answers: needless right under the only other person's message. */
  readonly showsAnswers: boolean;
  /** Whether a failed reply may be tried again: no later message answers its question. */
  readonly isLatestAnswer: boolean;
  /** Whether it is the newest reply, whose buttons show without being pointed at. */
  readonly isNewest: boolean;
}

/** One row of the list. */
export type TimelineRow =
  | { readonly type: "day"; readonly key: string; readonly label: string }
  /** What somebody did, in a line. */
  | { readonly type: "notice"; readonly key: string; readonly view: MessageView }
  | MessageRow
  /** The replies of two models to one question, side by side. */
  | { readonly type: "compared"; readonly key: string; readonly rows: readonly [MessageRow, MessageRow] };

/** The rows of a channel: messages grouped by author, with a line between days. */
export function timelineRows(views: readonly MessageView[], nowMs: number, isDirect: boolean): readonly TimelineRow[] {
  const latestAnswers = new Map(views.map((view) => [view.message.answers?.messageId, view.message.id]));
  const newestId = views.findLast(({ message }) => message.answers !== undefined)?.message.id;
  const rows = views.flatMap((view, index): readonly TimelineRow[] => {
    const previous = views[index - 1];
    const { id, atMs, answers } = view.message;
    const isNewDay = previous === undefined || dayOf(previous.message.atMs) !== dayOf(atMs);
    const row: TimelineRow = {
      type: view.message.isNotice ? "notice" : "message",
      key: id,
      view,
      isFirst: isNewDay || !continues(previous, view),
      showsAnswers: answers !== undefined && !(isDirect && previous?.message.id === answers.messageId),
      isLatestAnswer: answers !== undefined && latestAnswers.get(answers.messageId) === id,
      isNewest: id === newestId,
    };
    return isNewDay ? [dayRow(atMs, nowMs), row] : [row];
  });
  return sideBySide(rows);
}

/** Puts the two replies of each comparison into one row. */
function sideBySide(rows: readonly TimelineRow[]): readonly TimelineRow[] {
  const joined: TimelineRow[] = [];
  for (const row of rows) {
    const first = joined.at(-1);
    if (first?.type === "message" && row.type === "message" && areCompared(first.view, row.view))
      joined.splice(-1, 1, comparedRow(first, row));
    else joined.push(row);
  }
  return joined;
}

function areCompared({ message: first }: MessageView, { message: second }: MessageView): boolean {
  if (!first.isCompared || !second.isCompared) return false;
  return first.answers?.messageId === second.answers?.messageId;
}

function comparedRow(first: MessageRow, second: MessageRow): TimelineRow {
  const alike = { showsAnswers: first.showsAnswers, isNewest: second.isNewest };
  return {
    type: "compared",
    key: first.key,
    rows: [
      { ...first, ...alike },
      { ...second, ...alike },
    ],
  };
}

function dayRow(atMs: number, nowMs: number): TimelineRow {
  return { type: "day", key: `day-${dayOf(atMs)}`, label: dayLabel(atMs, nowMs) };
}

/** "Today", "Yesterday", or the date. */
export function dayLabel(atMs: number, nowMs: number): string {
  const yesterday = new Date(nowMs);
  yesterday.setDate(yesterday.getDate() - 1);
  if (dayOf(atMs) === dayOf(nowMs)) return "Today";
  if (dayOf(atMs) === dayOf(yesterday.getTime())) return "Yesterday";
  const isThisYear = new Date(atMs).getFullYear() === new Date(nowMs).getFullYear();
  const year = isThisYear ? {} : ({ year: "numeric" } as const);
  return new Date(atMs).toLocaleDateString("en", { weekday: "long", month: "long", day: "numeric", ...year });
}

function continues(previous: MessageView, view: MessageView): boolean {
  const [before, { author, atMs, answers }] = [previous.message, view.message];
  // A reply says whom it answers, in its head.
  const isNear = before.author.id === author.id && atMs - before.atMs < GROUP_MS;
  return isNear && answers === undefined && !before.isNotice;
}

function dayOf(atMs: number): string {
  const date = new Date(atMs);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}
