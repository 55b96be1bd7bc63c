import { MODEL_STATE_WORDS } from "@cria/bot-core/model-states";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ModelChoice } from "../../wire.ts";
import { api, sentenceOf } from "../state/api.ts";
import { useChat } from "./chat-context.ts";
import { Icon } from "./icons.tsx";
import { isLeaving } from "./keep-focus.ts";
import { moveWithin } from "./move-within.ts";
import { Sentence } from "./sentence.tsx";

/** The channel's model as a button; it opens the list of all. */
export function ModelPicker() {
  const chat = useChat();
  const [isOpen, setIsOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { model } = chat.current.value.head.value;

  useEffect(() => {
    if (!isOpen) return;
    const closeOutside = (event: PointerEvent) => !root.current?.contains(event.target as Node) && setIsOpen(false);
    document.addEventListener("pointerdown", closeOutside);
    return () => document.removeEventListener("pointerdown", closeOutside);
  }, [isOpen]);

  const close = () => {
    setIsOpen(false);
    button.current?.focus();
  };
  const choose = (name: string) => {
    close();
    if (name !== model) void chat.attempt(() => api.setModel(chat.currentId.value, name));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the list from anywhere within
    <div
      class="picker"
      ref={root}
      onKeyDown={(event) => event.key === "Escape" && isOpen && close()}
      onFocusOut={(event) => isLeaving(event) && setIsOpen(false)}
    >
      <button
        type="button"
        class="picker-button"
        ref={button}
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        <span class="visually-hidden">Model: </span>
        <span class="picker-name">{model ?? "no model"}</span>
        <Icon name="chevron" />
      </button>
      {isOpen && <ModelList current={model} onChoose={choose} />}
    </div>
  );
}

interface ModelListProps {
  readonly current: string | undefined;
  readonly onChoose: (name: string) => void;
}

function ModelList({ current, onChoose }: ModelListProps) {
  const [models, setModels] = useState<readonly ModelChoice[]>([]);
  const [fault, setFault] = useState("");
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    api.models().then(setModels, (error: unknown) => setFault(sentenceOf(error)));
  }, []);
  useEffect(() => {
    const first = (selector: string) => list.current?.querySelector<HTMLElement>(selector);
    (first("[aria-selected=true]") ?? first("[role=option]:not([aria-disabled])"))?.focus();
  }, [models]);
  if (fault !== "")
    return (
      <div class="picker-list" role="alert">
        <p class="picker-fault">
          <Sentence text={fault} />
        </p>
      </div>
    );
  return (
    <div class="picker-list" role="listbox" aria-label="Models" tabIndex={-1} ref={list} onKeyDown={moveWithin}>
      {models.map((model) => (
        <ModelOption key={model.name} model={model} isCurrent={model.name === current} onChoose={onChoose} />
      ))}
    </div>
  );
}

interface ModelOptionProps {
  readonly model: ModelChoice;
  readonly isCurrent: boolean;
  readonly onChoose: (name: string) => void;
}

function ModelOption({ model, isCurrent, onChoose }: ModelOptionProps) {
  const isBroken = model.state === "broken";
  return (
    <button
      type="button"
      role="option"
      class="option"
      aria-selected={isCurrent}
      aria-disabled={isBroken || undefined}
      onClick={() => !isBroken && onChoose(model.name)}
    >
      <span class="option-title">
        <b>{model.name}</b>
        <span class={`model-state is-${model.state}`}>{MODEL_STATE_WORDS[model.state]}</span>
        {isCurrent && <Icon name="check" />}
      </span>
      <span class="option-text">{model.error ?? model.description}</span>
    </button>
  );
}
