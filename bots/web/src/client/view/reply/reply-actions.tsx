import type { Rating, ReplyState } from "../../../wire.ts";
import { api } from "../../state/api.ts";
import type { MessageView } from "../../state/channel-state.ts";
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
  const rate = async (rating: Rating) => {
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
