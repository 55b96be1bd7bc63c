import { BOT } from "../../../wire.ts";
import { shownOf } from "../../state/channels/channel-state.ts";
import { taggedName } from "../../state/channels/shared-names.ts";
import { Avatar } from "../avatar.tsx";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";
import { PersonName } from "../person-name.tsx";
import { ReplyFoot, ReplyStatus } from "../reply/reply-foot.tsx";
import { FoldedText } from "./folded-text.tsx";
import { MessageFiles } from "./message-files.tsx";
import { MessageText } from "./message-text.tsx";
import type { MessageRow } from "./timeline-rows.ts";

export interface MessageProps {
  readonly row: MessageRow;
  readonly onUnfold: () => void;
}

/** One message with its author, or only its text where it goes on after another of the same author. */
export function Message({ row, onUnfold }: MessageProps) {
  const { message } = row.view;
  const { time, clock } = timeOf(row);
  const { editing, sharedNames } = useChat().current.value;
  const isBeingEdited = editing.value === message.id;
  const classes = [
    "message",
    row.isFirst && "is-first",
    row.isNewest && "is-newest",
    isBeingEdited && "is-being-edited",
  ];
  return (
    <article
      class={classes.filter(Boolean).join(" ")}
      aria-label={`${taggedName(message.author, sharedNames.value)}, ${clock}`}
      tabIndex={-1}
    >
      <div class="message-side">
        {row.isFirst ? (
          <Avatar person={message.author} />
        ) : (
          <time class="side-time" dateTime={time.toISOString()}>
            {clock}
          </time>
        )}
      </div>
      <div class="message-main">
        {row.isFirst && <MessageHead row={row} />}
        <MessageBody row={row} onUnfold={onUnfold} />
        {!isBeingEdited && <EditButton row={row} />}
        <ReplyFoot view={row.view} isLatestAnswer={row.isLatestAnswer} />
      </div>
    </article>
  );
}

function MessageHead({ row }: Pick<MessageProps, "row">) {
  const { author, answers } = row.view.message;
  const channel = useChat().current.value;
  const asker = channel.view(answers?.messageId ?? "")?.message.author;
  const { time, clock } = timeOf(row);
  return (
    <header class="message-head">
      <PersonName person={author} />
      {author.id === BOT.id && <span class="badge">bot</span>}
      {row.showsAnswers && (
        <span class="answers" dir="auto">
          <Icon name="answer" /> <span class="visually-hidden">answers </span>
          {asker ? taggedName(asker, channel.sharedNames.value) : answers?.authorName}
        </span>
      )}
      <time dateTime={time.toISOString()} title={time.toLocaleString()}>
        {clock}
      </time>
    </header>
  );
}

function MessageBody({ row: { view }, onUnfold }: MessageProps) {
  const { message, isEdited } = view;
  const { state } = shownOf(view);
  return (
    <>
      {state !== undefined && <ReplyStatus state={state} />}
      <div class={isEdited.value ? "message-text is-edited" : "message-text"}>
        {message.author.id === BOT.id ? <MessageText view={view} /> : <FoldedText view={view} onUnfold={onUnfold} />}
        {isEdited.value && <span class="edited">(edited)</span>}
      </div>
      {message.files !== undefined && <MessageFiles messageId={message.id} files={message.files} />}
    </>
  );
}

/** Changes the newest of one's own messages. */
function EditButton({ row }: Pick<MessageProps, "row">) {
  const chat = useChat();
  if (chat.lastOwn.value !== row.view) return null;
  return (
    <button
      type="button"
      class="quiet-button on-hover edit-button"
      aria-label="Edit message"
      title="Edit message"
      onClick={() => chat.composing.editLast()}
    >
      <Icon name="edit" />
    </button>
  );
}

function timeOf({ view }: MessageRow): { readonly time: Date; readonly clock: string } {
  const time = new Date(view.message.atMs);
  return { time, clock: time.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false }) };
}
