import type { RefObject } from "preact";
import { useChat } from "./chat-context.ts";
import { Icon } from "./icons.tsx";
import { ModelPicker } from "./model-picker.tsx";

export interface ChannelHeadProps {
  readonly isSidebarOpen: boolean;
  readonly onMenu: () => void;
  /** Where the focus goes when the sidebar closes. */
  readonly menuButton: RefObject<HTMLButtonElement | null>;
}

/** Above the messages: the channel, its model, its persona, and how much of it is remembered. */
export function ChannelHead({ isSidebarOpen, onMenu, menuButton }: ChannelHeadProps) {
  const chat = useChat();
  const channel = chat.current.value;
  const { persona, rememberedRounds } = channel.head.value;
  return (
    <header class="channel-head">
      <button
        type="button"
        class="icon-button menu-button"
        ref={menuButton}
        aria-label="Channels"
        aria-expanded={isSidebarOpen}
        aria-controls="sidebar"
        onClick={onMenu}
      >
        <Icon name="menu" />
      </button>
      <h1 dir="auto">{chat.nameOf(channel.id)}</h1>
      <ModelPicker />
      <span class="head-facts">
        {persona !== undefined && (
          <span class="persona" title={persona} dir="auto">
            {persona}
          </span>
        )}
        <span class="rounds">
          {rememberedRounds === 1 ? "1 round" : `${rememberedRounds} rounds`}
          <span class="remembered"> remembered</span>
        </span>
      </span>
    </header>
  );
}
