import type { FeedbackRating } from "@cria/bot-core";
import { useState } from "preact/hooks";
import type { ReplyState } from "../../../wire.ts";
import { copyText } from "../../copy-text.ts";
import { api } from "../../state/api.ts";
import { type MessageView, shownOf } from "../../state/channels/channel-state.ts";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";
import { focusMessage } from "../keep-focus.ts";
import { canContinue } from "./reply-lines.ts";

interface ReplyActionsProps {
  readonly view: MessageView;
  readonly state: ReplyState;
  /** No later message answers the same question. */
  readonly isLatestAnswer: boolean;
}

/** Stops a reply that is being made. */
export function StopReply({ view, state }: Pick<ReplyActionsProps, "view" | "state">) {
  const chat = useChat();
  const channelId = chat.currentId.value;
  // Nobody writes it, so there is nothing to stop yet, and it is tried again by itself.
  if (state.type === "interrupted") return null;
  if (chat.connection.value === "offline") return <span class="figures">Waiting for the chat server</span>;
  const stop = (event: Event) => {
    focusMessage(event);
    void chat.attempt(() => api.stop(channelId, view.message.id));
  };
  return (
    <button type="button" class="quiet-button stop-button" onClick={stop}>
      <Icon name="stop" /> Stop
    </button>
  );
}

/** Asks again what failed. */
export function RetryReply({ view, state, isLatestAnswer }: ReplyActionsProps) {
  const chat = useChat();
  const channelId = chat.currentId.value;
  if (state.type !== "failed" || !isLatestAnswer || state.isFinal) return null;
  const retry = (event: Event) => {
    focusMessage(event);
    void chat.attempt(() => api.retry(channelId, view.message.id));
  };
  return (
    <button type="button" class="quiet-button" onClick={retry}>
      <Icon name="retry" /> Retry
    </button>
  );
}

/** Copies what is shown of a reply. */
export function CopyReply({ view }: { readonly view: MessageView }) {
  const [label, setLabel] = useState("Copy");
  const { text } = shownOf(view);
  if (text === "") return null;
  const copy = async () => {
    setLabel((await copyText(text)) ? "Copied" : "Not copied");
    setTimeout(() => setLabel("Copy"), 1_500);
  };
  return (
    <button type="button" class="quiet-button on-hover" aria-label={`${label} reply`} onClick={copy}>
      <Icon name={label === "Copied" ? "check" : "copy"} />
      <span class="label">{label}</span>
    </button>
  );
}

/** Goes on with a reply that was cut. */
export function ContinueReply({ view, state, isLatestAnswer }: ReplyActionsProps) {
  const chat = useChat();
  const channelId = chat.currentId.value;
  if (state.type !== "ended" || state.buttons !== undefined || !isLatestAnswer) return null;
  if (!canContinue(state.end) || view.text.value === "") return null;
  const goOn = (event: Event) => {
    focusMessage(event);
    void chat.attempt(() => api.continueReply(channelId, view.message.id));
  };
  return (
    <button type="button" class="quiet-button" onClick={goOn}>
      <Icon name="down" /> Continue
    </button>
  );
}

/** Another answer in the place of this one, and a word on it. */
export function ReplyActions({ view, state, isLatestAnswer }: ReplyActionsProps) {
  const chat = useChat();
  const channelId = chat.currentId.value;
  if (state.type !== "ended") return null;
  const canRate = state.buttons !== "none" && chat.current.value.head.value.wantsFeedback && view.text.value !== "";
  const regenerate = (event: Event) => {
    focusMessage(event);
    void chat.attempt(() => api.regenerate(channelId, view.message.id));
  };
  return (
    <>
      {isLatestAnswer && state.buttons === undefined && (
        <button
          type="button"
          class="quiet-button on-hover"
          aria-label="Regenerate"
          title="Regenerate"
          onClick={regenerate}
        >
          <Icon name="retry" />
        </button>
      )}
      {canRate && <RatingButtons view={view} />}
    </>
  );
}

function RatingButtons({ view }: { readonly view: MessageView }) {
  const chat = useChat();
  const given = view.rated.value;
  const rate = async (rating: FeedbackRating) => {
    const channelId = chat.currentId.value;
    if (await chat.attempt(() => api.rate(channelId, view.message.id, rating))) view.rated.value = rating;
  };
  return (
    <span class={`rating ${given === undefined ? "on-hover" : ""}`}>
      <button
        type="button"
        class="quiet-button"
        aria-label="Good reply"
        aria-pressed={given === "up"}
        onClick={() => rate("up")}
      >
        <Icon name="up" />
      </button>
      <button
        type="button"
        class="quiet-button"
        aria-label="Bad reply"
        aria-pressed={given === "down"}
        onClick={() => rate("down")}
      >
        <Icon name="dislike" />
      </button>
    </span>
  );
}
