import { BOT } from "../../../wire.ts";
import { Avatar } from "../avatar.tsx";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";
import { ReplyFoot, ReplyStatus } from "../reply/reply-foot.tsx";
import { FoldedText } from "./folded-text.tsx";
import { MessageText } from "./message-text.tsx";
import type { MessageRow } from "./timeline-rows.ts";

/** One message with its author, or only its text where it goes on after another of the same author. */
export function Message({ row, onUnfold }: { readonly row: MessageRow; readonly onUnfold: () => void }) {
  const { message, state } = row.view;
  const time = new Date(message.atMs);
  const clock = time.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false });
  const chat = useChat();
  const isBeingEdited = chat.current.value.editing.value === message.id;
  const classes = [
    "message",
    row.isFirst && "is-first",
    row.isNewest && "is-newest",
    isBeingEdited && "is-being-edited",
  ];
  return (
    <article class={classes.filter(Boolean).join(" ")} aria-label={`${message.author.name}, ${clock}`} tabIndex={-1}>
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
        {row.isFirst && (
          <header class="message-head">
            <b dir="auto">{message.author.name}</b>
            {message.author.id === BOT.id && <span class="badge">bot</span>}
            {row.showsAnswers && (
              <span class="answers" dir="auto">
                <Icon name="answer" /> <span class="visually-hidden">answers </span>
                {message.answers?.authorName}
              </span>
            )}
            <time dateTime={time.toISOString()} title={time.toLocaleString()}>
              {clock}
            </time>
          </header>
        )}
        {state.value !== undefined && <ReplyStatus state={state.value} />}
        <div class={row.view.isEdited.value ? "message-text is-edited" : "message-text"}>
          {message.author.id === BOT.id ? (
            <MessageText view={row.view} />
          ) : (
            <FoldedText view={row.view} onUnfold={onUnfold} />
          )}
          {row.view.isEdited.value && <span class="edited">(edited)</span>}
        </div>
        {chat.lastOwn.value === row.view && !isBeingEdited && (
          <button
            type="button"
            class="quiet-button on-hover edit-button"
            aria-label="Edit message"
            title="Edit message"
            onClick={() => chat.composing.editLast()}
          >
            <Icon name="edit" />
          </button>
        )}
        <ReplyFoot view={row.view} canRetry={row.isLatestAnswer} />
      </div>
    </article>
  );
}
