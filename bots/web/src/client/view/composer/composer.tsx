import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Completion } from "../../../wire.ts";
import type { ChatState } from "../../state/chat-state.ts";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";
import { Sentence } from "../sentence.tsx";
import { AttachButton } from "./attach-button.tsx";
import { useCompletionChoice } from "./completion-choice.ts";
import { CompletionList, completionId } from "./completion-list.tsx";
import { DraftFiles } from "./draft-files.tsx";
import { EditBar } from "./edit-bar.tsx";
import { sendingObstacle } from "./sending-obstacle.ts";

/** Where messages are written: Enter sends, Shift+Enter breaks the line, `/` and `@` are completed. */
export function Composer() {
  const chat = useChat();
  const channel = chat.current.value;
  const text = channel.draft.value;
  const files = channel.editing.value === undefined ? channel.files.value : [];
  const isDirect = chat.isChat(channel.id);
  const input = useRef<HTMLTextAreaElement>(null);
  const onChoose = (chosen: Completion) => {
    channel.draft.value = chosen.text;
    input.current?.focus();
  };
  const completion = useCompletionChoice({ text, channelId: channel.id, isDirect, onChoose });
  const obstacle = sendingObstacle(text, {
    maxMessageLength: chat.workspace.value!.maxMessageLength,
    filesLength: files.reduce((sum, file) => sum + file.text.length, 0),
  });

  useLayoutEffect(() => growWithText(input.current!), [text, channel.id]);
  useEffect(() => focusWithoutTouch(input.current!), [channel.id]);

  const send = () => {
    if (obstacle !== "") return;
    void chat.composing.send();
    // What is typed and sent within one frame was never rendered, so rendering would not take it away.
    input.current!.value = channel.draft.value;
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing || completion.takesKey(event)) return;
    if (event.key === "ArrowUp" && channel.draft.value === "") {
      event.preventDefault();
      chat.composing.editLast();
    }
    if (event.key === "Escape" && channel.editing.value !== undefined) chat.composing.cancelEdit();
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    send();
  };
  return (
    <div class="composer">
      {completion.isOpen && <CompletionList {...completion} />}
      <p class="composer-problem" role="alert">
        <Sentence text={obstacle || chat.problem.value} />
      </p>
      <EditBar />
      <DraftFiles />
      <div class="composer-box">
        <AttachButton />
        <textarea
          id="composer"
          ref={input}
          rows={1}
          dir="auto"
          value={text}
          placeholder={isDirect ? "Message Cria" : `Message #${channel.id}, or ask @cria`}
          aria-label={isDirect ? "Message Cria" : `Message #${channel.id}`}
          aria-haspopup="listbox"
          aria-controls={completion.isOpen ? "completions" : undefined}
          aria-autocomplete="list"
          aria-activedescendant={completion.isOpen ? completionId(completion.activeIndex) : undefined}
          onInput={(event) => {
            channel.draft.value = event.currentTarget.value;
            chat.composing.clearFault();
          }}
          onKeyDown={onKeyDown}
          onPaste={(event) => pasteFiles(chat, event)}
        />
        <button
          type="button"
          class="send-button"
          aria-label="Send"
          disabled={(text.trim() === "" && files.length === 0) || obstacle !== ""}
          onClick={send}
        >
          <Icon name="send" />
        </button>
      </div>
      <p class="composer-hint">
        <kbd>Enter</kbd> sends · <kbd>Shift</kbd> <kbd>Enter</kbd> breaks the line · <kbd>/</kbd> commands ·{" "}
        <kbd>↑</kbd> edits
      </p>
    </div>
  );
}

function pasteFiles(chat: ChatState, event: ClipboardEvent): void {
  const data = event.clipboardData;
  // A table of a spreadsheet comes as a picture, too.
  if (!data || data.files.length === 0 || data.types.includes("text/plain")) return;
  event.preventDefault();
  void chat.composing.addFiles([...data.files]);
}

/** On a touch screen the focus would bring the keyboard up over what one came to read. */
function focusWithoutTouch(input: HTMLTextAreaElement): void {
  if (!matchMedia("(pointer: coarse)").matches) input.focus({ preventScroll: true });
}

function growWithText(input: HTMLTextAreaElement): void {
  input.style.height = "auto";
  // The styles stop it at eight lines.
  input.style.height = `${input.scrollHeight}px`;
}
