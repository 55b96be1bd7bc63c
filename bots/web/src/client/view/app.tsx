import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ChatState } from "../state/chat-state.ts";
import { ChannelHead } from "./channel-head.tsx";
import { ChatContext } from "./chat-context.ts";
import { Composer } from "./composer/composer.tsx";
import { FileDrop } from "./composer/file-drop.tsx";
import { Icon } from "./icons.tsx";
import { MessageList } from "./messages/message-list.tsx";
import { NameGate } from "./name-gate.tsx";
import { Sidebar } from "./sidebar/sidebar.tsx";

// Nobody tells the page whether what is away was given up for good.
const SERVER_AWAY =
  "The chat server cannot be reached. Trying again… If this lasts, whoever runs Cria has to look after it.";
const SERVICE_AWAY =
  "The model service is not reachable. Cria answers once it is back; if this lasts, whoever runs Cria has to look after it.";

/** The whole page. */
export function App({ chat }: { readonly chat: ChatState }) {
  return (
    <ChatContext.Provider value={chat}>
      <Page chat={chat} />
      <div class="visually-hidden" aria-live="polite" aria-atomic="true">
        {chat.announcer.text.value}
      </div>
    </ChatContext.Provider>
  );
}

function Page({ chat }: { readonly chat: ChatState }) {
  if (chat.needsName.value) return <NameGate />;
  if (chat.workspace.value !== undefined && chat.currentId.value !== "") return <Workspace chat={chat} />;
  return chat.connection.value === "offline" ? (
    <main class="gate">
      <p role="alert">{SERVER_AWAY}</p>
    </main>
  ) : null;
}

function Workspace({ chat }: { readonly chat: ChatState }) {
  const [isSidebarOpen, setIsSidebarOpen] = useState(false);
  const menuButton = useRef<HTMLButtonElement>(null);
  const closeSidebar = () => setIsSidebarOpen(false);
  useEffect(() => {
    const closeAtEscape = (event: KeyboardEvent) => event.key === "Escape" && setIsSidebarOpen(false);
    document.addEventListener("keydown", closeAtEscape);
    return () => document.removeEventListener("keydown", closeAtEscape);
  }, []);
  // Before the composer of a channel that was chosen takes the focus.
  useLayoutEffect(() => {
    if (!isSidebarOpen) return;
    document.querySelector<HTMLElement>("#sidebar [aria-current]")?.focus({ preventScroll: true });
    return () => menuButton.current?.focus({ preventScroll: true });
  }, [isSidebarOpen]);
  return (
    <div class={`layout ${isSidebarOpen ? "is-sidebar-open" : ""}`}>
      <Sidebar onChoose={closeSidebar} onLeave={closeSidebar} />
      {isSidebarOpen && <button type="button" class="scrim" aria-label="Close channels" onClick={closeSidebar} />}
      <FileDrop>
        <ChannelHead
          isSidebarOpen={isSidebarOpen}
          onMenu={() => setIsSidebarOpen(!isSidebarOpen)}
          menuButton={menuButton}
        />
        {/* Always there: what comes with its words already in it is not read out. */}
        <div role="status">
          {!chat.isServing.value && (
            <div class="banner">
              <Icon name="warning" />
              {chat.connection.value === "offline" ? SERVER_AWAY : SERVICE_AWAY}
            </div>
          )}
        </div>
        <MessageList />
        <Composer />
      </FileDrop>
    </div>
  );
}
