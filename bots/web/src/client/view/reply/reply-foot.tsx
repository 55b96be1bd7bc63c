import { Fragment } from "preact";
import { isLive, type ReplyState } from "../../../wire.ts";
import { type MessageView, shownOf } from "../../state/channels/channel-state.ts";
import { taggedName } from "../../state/channels/shared-names.ts";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";
import { Sentence } from "../sentence.tsx";
import { ContinueReply, CopyReply, ReplyActions, RetryReply, StopReply } from "./reply-actions.tsx";
import { endLine, loadedShare, promptLine, statsFigures, statusLine } from "./reply-lines.ts";
import { VersionPager } from "./version-pager.tsx";

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
export function ReplyFoot({ view, isLatestAnswer }: { readonly view: MessageView; readonly isLatestAnswer: boolean }) {
  const { state } = shownOf(view);
  if (state === undefined) return null;
  const isOlder = view.shownVersion.value !== undefined;
  return (
    <div class={`reply-foot ${state.type === "failed" ? "is-failed" : ""}`}>
      {isLive(state) ? <StopReply view={view} state={state} /> : <ReplyOutcome state={state} />}
      <span class="reply-actions">
        <VersionPager view={view} />
        {!isLive(state) && !isOlder && <RetryReply view={view} state={state} isLatestAnswer={isLatestAnswer} />}
        {!isLive(state) && !isOlder && <ContinueReply view={view} state={state} isLatestAnswer={isLatestAnswer} />}
        {!isLive(state) && <CopyReply view={view} />}
        {!isLive(state) && !isOlder && <ReplyActions view={view} state={state} isLatestAnswer={isLatestAnswer} />}
      </span>
    </div>
  );
}

function ReplyOutcome({ state }: { readonly state: ReplyState }) {
  const chat = useChat();
  if (state.type === "failed")
    return (
      <span class="failure" dir="auto">
        <Icon name="warning" /> <Sentence text={state.reason} />
      </span>
    );
  if (state.type !== "ended") return null;
  const { stoppedBy } = state;
  const isOwn = stoppedBy?.id === chat.workspace.value?.person.id;
  const stopper = stoppedBy && (isOwn ? "you" : taggedName(stoppedBy, chat.current.value.sharedNames.value));
  const end = endLine(state.end, stopper);
  const figures = [...(end === "" ? [] : [end]), ...(state.stats === undefined ? [] : statsFigures(state.stats))];
  return <Figures figures={figures} title={state.stats && promptLine(state.stats)} />;
}

/** One line where there is room; else it breaks between two figures, never within one. */
function Figures({ figures, title }: { readonly figures: readonly string[]; readonly title: string | undefined }) {
  return (
    <span class="figures" title={title}>
      {figures.map((figure, index) => (
        <Fragment key={figure}>
          {index > 0 && " "}
          <span>{index < figures.length - 1 ? `${figure} ·` : figure}</span>
        </Fragment>
      ))}
    </span>
  );
}
