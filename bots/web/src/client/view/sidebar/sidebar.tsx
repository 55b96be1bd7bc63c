import { Avatar } from "../avatar.tsx";
import { useChat } from "../chat-context.ts";
import { isLeaving } from "../keep-focus.ts";
import { AddChannel } from "./add-channel.tsx";
import { ChannelLink } from "./channel-link.tsx";
import { Chats } from "./chats.tsx";

const CONNECTION_LINES = { connecting: "Connecting…", online: "Connected", offline: "Reconnecting…" } as const;

/** The longest name of a workspace that stands in one line, in characters. */
const ONE_LINE = 16;

export interface SidebarProps {
  /** A channel was chosen. */
  readonly onChoose: () => void;
  /** The focus went on from here; what a phone shows beside it is covered. */
  readonly onLeave: () => void;
}

/** The left column: workspace, channels, chats, connection. */
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
            <li key={name}>
              <ChannelLink id={name} mark="#" label={name} onOpen={open} />
            </li>
          ))}
        </ul>
        <AddChannel onAdded={onChoose} />
        {workspace.hasChats && <Chats onChoose={onChoose} />}
      </div>
      <div class="sidebar-foot">
        <Avatar person={workspace.person} />
        <div>
          <b dir="auto" title={`id ${workspace.person.id}`}>
            {workspace.person.name}
          </b>
          <span class={`connection is-${chat.connection.value}`} role="status">
            {CONNECTION_LINES[chat.connection.value]}
          </span>
        </div>
      </div>
    </nav>
  );
}
