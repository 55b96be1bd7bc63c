import { useRef, useState } from "preact/hooks";
import { searchChats } from "../../state/channels/chat-list.ts";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";
import { ChatRow } from "./chat-row.tsx";

/** From so many chats on there is a field to search them. */
const MANY = 4;

/** One's chats with the bot: a new one, a search, and the list. */
export function Chats({ onChoose }: { readonly onChoose: () => void }) {
  const chat = useChat();
  const [search, setSearch] = useState("");
  const newChat = useRef<HTMLButtonElement>(null);
  const chats = chat.chats.all.value;
  const hasSearch = chats.length >= MANY || search !== "";
  const found = hasSearch ? searchChats(chats, search) : chats;
  const open = (id: string) => {
    chat.open(id);
    onChoose();
  };
  const openNew = () => {
    chat.openNewChat();
    onChoose();
  };
  const isNew = chat.isChat(chat.currentId.value) && !chat.chats.has(chat.currentId.value);
  return (
    <section aria-labelledby="chats-title">
      <h2 id="chats-title">Chats with Cria</h2>
      <button
        type="button"
        class="channel-link"
        ref={newChat}
        aria-current={isNew ? "page" : undefined}
        onClick={openNew}
      >
        <span class="mark">
          <Icon name="plus" />
        </span>
        New chat
      </button>
      {hasSearch && <ChatSearch search={search} onSearch={setSearch} />}
      <ul>
        {found.map(({ id, title }) => (
          <ChatRow key={id} id={id} title={title} onOpen={open} onDeleted={() => newChat.current?.focus()} />
        ))}
      </ul>
      <p class="nothing-found" role="status">
        {hasSearch && found.length === 0 && "No chat has that in its title."}
      </p>
    </section>
  );
}

interface ChatSearchProps {
  readonly search: string;
  readonly onSearch: (search: string) => void;
}

function ChatSearch({ search, onSearch }: ChatSearchProps) {
  const clear = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || search === "") return;
    // The sidebar of a phone stays open.
    event.stopPropagation();
    onSearch("");
  };
  return (
    <search class="chat-search">
      <Icon name="search" />
      <input
        type="text"
        inputMode="search"
        aria-label="Search chats"
        placeholder="Search chats"
        autocomplete="off"
        dir="auto"
        value={search}
        onInput={(event) => onSearch(event.currentTarget.value)}
        onKeyDown={clear}
      />
    </search>
  );
}
