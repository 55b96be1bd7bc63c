import { useChat } from "../chat-context.ts";

export interface ChannelLinkProps {
  readonly id: string;
  /** Before the label; none for a chat. */
  readonly mark?: string;
  readonly label: string;
  readonly onOpen: (id: string) => void;
}

/** A channel or a chat in a list; it opens it. */
export function ChannelLink({ id, mark, label, onOpen }: ChannelLinkProps) {
  const chat = useChat();
  const isCurrent = chat.currentId.value === id;
  const hasUnread = chat.channel(id).hasUnread.value;
  return (
    <button
      type="button"
      class={`channel-link ${hasUnread ? "is-unread" : ""}`}
      aria-current={isCurrent ? "page" : undefined}
      onClick={() => onOpen(id)}
    >
      {mark !== undefined && (
        <span class="mark" aria-hidden="true">
          {mark}
        </span>
      )}
      <span class="channel-label" dir="auto" title={mark === undefined ? label : undefined}>
        {label}
      </span>
      {hasUnread && <span class="visually-hidden">, unread</span>}
    </button>
  );
}
