import { batch } from "@preact/signals";
import { api } from "./api.ts";
import type { ChatState } from "./chat-state.ts";
import { newId } from "./new-id.ts";

/** Writes and changes messages, for one page. */
export class Composing {
  readonly #chat: ChatState;
  #unsent: { readonly id: string; readonly text: string } | undefined;

  constructor(chat: ChatState) {
    this.#chat = chat;
  }

  /** Fills the composer and moves there. */
  suggest(text: string): void {
    this.#chat.current.value.draft.value = text;
    focusComposer();
  }

  /** Posts what stands in the composer. If that fails, the text comes back. */
  async send(): Promise<void> {
    const { draft, id, editing, numSent } = this.#chat.current.value;
    const text = draft.value.trim();
    if (text === "") return;
    const edited = editing.value;
    if (edited !== undefined) {
      if (await this.#chat.attempt(() => api.edit(id, edited, text))) this.cancelEdit();
      return;
    }
    batch(() => {
      draft.value = "";
      numSent.value++;
    });
    // The id of a message that may have arrived although its answer was lost: sent again, it is posted once.
    const messageId = this.#unsent?.text === text ? this.#unsent.id : newId();
    this.#unsent = { id: messageId, text };
    if (await this.#chat.attempt(() => api.post(id, { id: messageId, text }))) this.#unsent = undefined;
    else draft.value = draft.value === "" ? text : `${text}\n${draft.value}`;
  }

  /** Takes one's last message into the composer to change it. */
  editLast(): void {
    const { draft, editing } = this.#chat.current.value;
    const own = this.#chat.lastOwn.value;
    if (own === undefined) return;
    batch(() => {
      editing.value = own.message.id;
      draft.value = own.text.value;
    });
    focusComposer();
  }

  cancelEdit(): void {
    const { draft, editing } = this.#chat.current.value;
    batch(() => {
      editing.value = undefined;
      draft.value = "";
    });
    focusComposer();
  }
}

function focusComposer(): void {
  document.querySelector<HTMLTextAreaElement>("#composer")?.focus();
}
