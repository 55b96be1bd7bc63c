import { batch } from "@preact/signals";
import { api } from "./api.ts";
import type { ChannelState } from "./channels/channel-state.ts";
import type { ChatState } from "./chat-state.ts";
import { addFiles, type DraftFile } from "./draft-files.ts";
import { newId } from "./new-id.ts";

/** Writes and changes messages, for one page. */
export class Composing {
  readonly #chat: ChatState;
  /** Ids of messages whose new texts are on their way. */
  readonly #beingEdited = new Set<string>();
  #unsent: { readonly id: string; readonly text: string; readonly files: readonly DraftFile[] } | undefined;

  /** What was said of what stands in the composer. */
  #fault = "";

  constructor(chat: ChatState) {
    this.#chat = chat;
  }

  /** What was said of a text or its files is past once they change. */
  clearFault(): void {
    if (this.#chat.problem.value === this.#fault) this.#chat.problem.value = "";
  }

  /** Fills the composer and moves there. */
  suggest(text: string): void {
    this.#chat.current.value.draft.value = text;
    focusComposer();
  }

  /** Takes files into the composer, and says what it cannot take. */
  async addFiles(added: readonly File[]): Promise<void> {
    const fault = await addFiles(this.#chat.current.value.files, added);
    this.#chat.problem.value = fault;
    this.#fault = fault;
    focusComposer();
  }

  removeFile(file: DraftFile): void {
    const { files } = this.#chat.current.value;
    files.value = files.value.filter((other) => other !== file);
    this.clearFault();
    focusComposer();
  }

  /** Posts what stands in the composer, or changes the message that it is to replace. If that fails, it is there again. */
  async send(): Promise<void> {
    const channel = this.#chat.current.value;
    const edited = channel.editing.value;
    if (edited === undefined) await this.#post(channel);
    else if (!this.#beingEdited.has(edited)) await this.#edit(channel, edited);
  }

  /** Whoever opened another channel meanwhile, or wrote on, keeps what stands in the composer. */
  async #edit(channel: ChannelState, messageId: string): Promise<void> {
    const { id, draft, editing } = channel;
    const typed = draft.value;
    this.#beingEdited.add(messageId);
    const isDone = await this.#attempt(() => api.edit(id, messageId, typed.trim()));
    this.#beingEdited.delete(messageId);
    if (isDone && editing.value === messageId && draft.value === typed) endEdit(channel);
  }

  async #post(channel: ChannelState): Promise<void> {
    const { draft, id, numSent } = channel;
    const text = draft.value.trim();
    const files = channel.files.value;
    if (text === "" && files.length === 0) return;
    batch(() => {
      draft.value = "";
      channel.files.value = [];
      numSent.value++;
    });
    // The id of a message that may have arrived although its answer was lost: sent again, it is posted once.
    const isSame = this.#unsent?.text === text && this.#unsent.files === files;
    const messageId = isSame ? this.#unsent!.id : newId();
    this.#unsent = { id: messageId, text, files };
    const sent = files.map(({ name, text: content }) => ({ name, text: content }));
    if (await this.#attempt(() => api.post(id, { id: messageId, text, files: sent }))) {
      this.#unsent = undefined;
      return;
    }
    draft.value = draft.value === "" ? text : `${text}\n${draft.value}`;
    channel.files.value = channel.files.value.length === 0 ? files : [...files, ...channel.files.value];
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
    this.clearFault();
    focusComposer();
  }

  cancelEdit(): void {
    endEdit(this.#chat.current.value);
    this.clearFault();
    focusComposer();
  }

  async #attempt(action: () => Promise<unknown>): Promise<boolean> {
    const isDone = await this.#chat.attempt(action);
    this.#fault = this.#chat.problem.value;
    return isDone;
  }
}

function endEdit({ draft, editing }: ChannelState): void {
  batch(() => {
    editing.value = undefined;
    draft.value = "";
  });
}

function focusComposer(): void {
  document.querySelector<HTMLTextAreaElement>("#composer")?.focus();
}
