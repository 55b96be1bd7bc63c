import { useRef, useState } from "preact/hooks";
import { sentenceOf } from "../../state/api.ts";
import { Avatar } from "../avatar.tsx";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";
import { isLeaving } from "../keep-focus.ts";

const CONNECTION_LINES = { connecting: "Connecting…", online: "Connected", offline: "Reconnecting…" } as const;

/** The longest name of a workspace that stands in one line, in characters. */
const ONE_LINE = 16;

export interface SidebarProps {
  /** A channel was chosen. */
  readonly onChoose: () => void;
  /** The focus went on from here; what a phone shows beside it is covered. */
  readonly onLeave: () => void;
}

/** The left column: workspace, channels, direct message, connection. */
export function Sidebar({ onChoose, onLeave }: SidebarProps) {
  const chat = useChat();
  const workspace = chat.workspace.value!;
  const open = (id: string) => {
    chat.open(id);
    onChoose();
  };
  return (
    <nav class="sidebar" id="sidebar" aria-label="Channels" onFocusOut={(event) => isLeaving(event) && onLeave()}>
      <div class={`workspace ${workspace.name.length > ONE_LINE ? "is-long" : ""}`}>
        <img src="/alpaca.svg" alt="" width="32" height="32" />
        <b>{workspace.name}</b>
      </div>
      <div class="sidebar-lists">
        <h2>Channels</h2>
        <ul>
          {chat.channelNames.value.map((name) => (
            <ChannelLink key={name} id={name} mark="#" label={name} onOpen={open} />
          ))}
        </ul>
        <AddChannel onAdded={onChoose} />
        <h2>Direct messages</h2>
        <ul>
          <ChannelLink id={chat.directId} mark="" label="Cria" onOpen={open} />
        </ul>
      </div>
      <div class="sidebar-foot">
        <Avatar person={workspace.person} />
        <div>
          <b dir="auto">{workspace.person.name}</b>
          <span class={`connection is-${chat.connection.value}`} role="status">
            {CONNECTION_LINES[chat.connection.value]}
          </span>
        </div>
      </div>
    </nav>
  );
}

interface ChannelLinkProps {
  readonly id: string;
  readonly mark: string;
  readonly label: string;
  readonly onOpen: (id: string) => void;
}

function ChannelLink({ id, mark, label, onOpen }: ChannelLinkProps) {
  const chat = useChat();
  const isCurrent = chat.currentId.value === id;
  const hasUnread = chat.channel(id).hasUnread.value;
  return (
    <li>
      <button
        type="button"
        class={`channel-link ${hasUnread ? "is-unread" : ""}`}
        aria-current={isCurrent ? "page" : undefined}
        onClick={() => onOpen(id)}
      >
        {mark === "" ? (
          <img src="/alpaca.svg" alt="" width="20" height="20" />
        ) : (
          <span class="mark" aria-hidden="true">
            {mark}
          </span>
        )}
        <span class="channel-label">{label}</span>
        {hasUnread && <span class="visually-hidden">, unread</span>}
      </button>
    </li>
  );
}

function AddChannel({ onAdded }: { readonly onAdded: () => void }) {
  const chat = useChat();
  const [isOpen, setIsOpen] = useState(false);
  const [fault, setFault] = useState("");
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget as HTMLFormElement).get("name");
    try {
      await chat.addChannel(String(name));
      setIsOpen(false);
      onAdded();
    } catch (error) {
      setFault(sentenceOf(error));
    }
  };
  const wasClosed = useRef(false);
  const close = () => {
    wasClosed.current = true;
    setIsOpen(false);
    setFault("");
  };
  const focusAgain = (button: HTMLButtonElement | null) => {
    if (wasClosed.current) button?.focus();
    wasClosed.current = false;
  };
  if (!isOpen)
    return (
      <button type="button" class="channel-link is-quiet" ref={focusAgain} onClick={() => setIsOpen(true)}>
        <span class="mark">
          <Icon name="plus" />
        </span>
        Add channel
      </button>
    );
  return (
    <form class="add-channel" onSubmit={add} onKeyDown={(event) => event.key === "Escape" && close()}>
      <input
        name="name"
        aria-label="Channel name"
        placeholder="channel-name"
        autocomplete="off"
        aria-describedby="channel-fault"
        ref={focusOnce}
      />
      <button type="submit" class="primary-button">
        Add
      </button>
      {fault !== "" && (
        <p id="channel-fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}

function focusOnce(input: HTMLInputElement | null): void {
  input?.focus();
}
