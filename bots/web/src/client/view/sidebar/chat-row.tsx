import { useRef, useState } from "preact/hooks";
import { api, sentenceOf } from "../../state/api.ts";
import { UNTITLED } from "../../state/channels/chat-list.ts";
import { Icon } from "../icons.tsx";
import { Sentence } from "../sentence.tsx";
import { ChannelLink } from "./channel-link.tsx";
import { DeleteChat } from "./delete-chat.tsx";
import { RenameChat } from "./rename-chat.tsx";

export interface ChatRowProps {
  readonly id: string;
  readonly title: string;
  readonly onOpen: (id: string) => void;
  /** It is gone, and the focus with it. */
  readonly onDeleted: () => void;
}

type Mode = "closed" | "choosing" | "renaming" | "deleting";

/** A chat in the list, and below it what else can be done with it. */
export function ChatRow({ id, title, onOpen, onDeleted }: ChatRowProps) {
  const [mode, setMode] = useState<Mode>("closed");
  const [fault, setFault] = useState("");
  const more = useRef<HTMLButtonElement>(null);
  const close = () => {
    setMode("closed");
    setFault("");
    more.current?.focus();
  };
  const attempt = async (action: () => Promise<unknown>, onDone: () => void) => {
    try {
      await action();
      onDone();
    } catch (error) {
      setFault(sentenceOf(error));
    }
  };
  const closeAtEscape = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || mode === "closed") return;
    // The sidebar of a phone stays open.
    event.stopPropagation();
    close();
  };
  const label = title || UNTITLED;
  return (
    <li class="chat-row" onKeyDown={closeAtEscape}>
      <div class="chat-line">
        <ChannelLink id={id} label={label} onOpen={onOpen} />
        <button
          type="button"
          class="icon-button more-button"
          ref={more}
          aria-label={`More for “${label}”`}
          aria-expanded={mode !== "closed"}
          onClick={() => (mode === "closed" ? setMode("choosing") : close())}
        >
          <Icon name="more" />
        </button>
      </div>
      {mode === "choosing" && (
        <div class="chat-actions">
          <button type="button" class="quiet-button" onClick={() => setMode("renaming")}>
            <Icon name="edit" /> Rename
          </button>
          <button type="button" class="quiet-button" onClick={() => setMode("deleting")}>
            <Icon name="delete" /> Delete
          </button>
        </div>
      )}
      {mode === "renaming" && (
        <RenameChat title={title} onRename={(name) => attempt(() => api.renameChat(id, name), close)} />
      )}
      {mode === "deleting" && (
        <DeleteChat label={label} onDelete={() => attempt(() => api.deleteChat(id), onDeleted)} onKeep={close} />
      )}
      {fault !== "" && (
        <p class="chat-fault" role="alert">
          <Sentence text={fault} />
        </p>
      )}
    </li>
  );
}
