import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { isLive, type ReplyState } from "../../../wire.ts";
import { copyText } from "../../copy-text.ts";
import { api } from "../../state/api.ts";
import type { MessageView } from "../../state/channel-state.ts";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";
import { focusMessage } from "../keep-focus.ts";
import { ContinueReply, ReplyActions } from "./reply-actions.tsx";
import { endLine, loadedShare, statsFigures, statusLine } from "./reply-lines.ts";

/** What a reply waits for, in the place where its text will be. */
export function ReplyStatus({ state }: { readonly state: ReplyState }) {
  const line = statusLine(state);
  if (line === "") return null;
  const hasBar = state.type === "loading" && state.totalBytes > 0;
  return (
    <div class="reply-status">
      {!hasBar && (
        <span class="thinking" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
      )}
      <span class="status-line">{line}</span>
      {hasBar && (
        <>
          <progress value={state.loadedBytes} max={state.totalBytes} aria-label={`Loading ${state.model}`} />
          <span class="figures">{loadedShare(state.loadedBytes, state.totalBytes)}</span>
        </>
      )}
    </div>
  );
}

/** The line under a reply: Stop while it is made; then how it ended, its figures, and what can be done with it. */
export function ReplyFoot({ view, canRetry }: { readonly view: MessageView; readonly canRetry: boolean }) {
  const chat = useChat();
  const state = view.state.value;
  if (state === undefined) return null;
  const { id } = view.message;
  const channelId = chat.currentId.value;
  // Nobody writes it, so there is nothing to stop yet, and it is tried again by itself.
  if (state.type === "interrupted") return <div class="reply-foot" />;
  if (isLive(state))
    return (
      <div class="reply-foot">
        <button
          type="button"
          class="quiet-button stop-button"
          onClick={(event) => {
            focusMessage(event);
            void chat.attempt(() => api.stop(channelId, id));
          }}
        >
          <Icon name="stop" /> Stop
        </button>
      </div>
    );
  return (
    <div class={`reply-foot ${state.type === "failed" ? "is-failed" : ""}`}>
      <ReplyOutcome state={state} />
      <span class="reply-actions">
        {state.type === "failed" && canRetry && !state.isFinal && (
          <button
            type="button"
            class="quiet-button"
            onClick={(event) => {
              focusMessage(event);
              void chat.attempt(() => api.retry(channelId, id));
            }}
          >
            <Icon name="retry" /> Retry
          </button>
        )}
        <ContinueReply view={view} state={state} isLatestAnswer={canRetry} />
        {view.text.value !== "" && <CopyReply view={view} />}
        <ReplyActions view={view} state={state} isLatestAnswer={canRetry} />
      </span>
    </div>
  );
}

function ReplyOutcome({ state }: { readonly state: ReplyState }) {
  const ownId = useChat().workspace.value?.person.id;
  if (state.type === "failed")
    return (
      <span class="failure" dir="auto">
        <Icon name="warning" /> {state.reason}
      </span>
    );
  if (state.type !== "ended") return null;
  const end = endLine(state.end, state.stoppedBy, ownId);
  const figures = [...(end === "" ? [] : [end]), ...(state.stats === undefined ? [] : statsFigures(state.stats))];
  return <Figures figures={figures} />;
}

/** One line where there is room; else it breaks between two figures, never within one. */
function Figures({ figures }: { readonly figures: readonly string[] }) {
  return (
    <span class="figures">
      {figures.map((figure, index) => (
        <Fragment key={figure}>
          {index > 0 && " "}
          <span>{index < figures.length - 1 ? `${figure} ·` : figure}</span>
        </Fragment>
      ))}
    </span>
  );
}

function CopyReply({ view }: { readonly view: MessageView }) {
  const [label, setLabel] = useState("Copy");
  const copy = async () => {
    setLabel((await copyText(view.text.value)) ? "Copied" : "Not copied");
    setTimeout(() => setLabel("Copy"), 1_500);
  };
  return (
    <button type="button" class="quiet-button on-hover" aria-label={`${label} reply`} onClick={copy}>
      <Icon name={label === "Copied" ? "check" : "copy"} />
      <span class="label">{label}</span>
    </button>
  );
}
