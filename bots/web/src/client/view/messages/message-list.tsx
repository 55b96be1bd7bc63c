import { useMemo, useRef } from "preact/hooks";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";
import { EmptyChannel } from "./empty-channel.tsx";
import { useFollowScroll } from "./follow-scroll.ts";
import { Message } from "./message.tsx";
import { Notice } from "./notice.tsx";
import { type TimelineRow, timelineRows } from "./timeline-rows.ts";

/** The messages of the open channel, newest at the bottom. */
export function MessageList() {
  const chat = useChat();
  const channel = chat.current.value;
  const list = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isLoaded = channel.load.value === "loaded";
  const views = channel.messages.value;
  const isDirect = chat.isChat(channel.id);
  const rows = useMemo(() => timelineRows(views, Date.now(), isDirect), [views, isDirect]);
  // Who sends a message wants to see it, wherever the reading was.
  const contentKey = `${channel.id} ${isLoaded} ${channel.numSent.value}`;
  const { place, scrollToEnd, stay } = useFollowScroll(list, content, contentKey);
  const jumpToLatest = () => {
    scrollToEnd();
    // The button goes; the focus must not go with it.
    list.current!.focus({ preventScroll: true });
  };

  return (
    <div class="timeline">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard */}
      <div class="timeline-scroll" ref={list} tabIndex={0} role="log" aria-live="off" aria-label="Messages">
        <div class="timeline-content" ref={content}>
          {isLoaded && rows.length === 0 && <EmptyChannel />}
          {rows.map((row) => (
            <Row row={row} key={row.key} onUnfold={stay} />
          ))}
        </div>
      </div>
      {place.value !== "end" && (
        <button
          type="button"
          class={`way-down ${place.value === "aboveNews" ? "has-news" : ""}`}
          onClick={jumpToLatest}
        >
          <Icon name="down" /> {place.value === "aboveNews" ? "New messages" : "Jump to latest"}
        </button>
      )}
    </div>
  );
}

function Row({ row, onUnfold }: { readonly row: TimelineRow; readonly onUnfold: () => void }) {
  switch (row.type) {
    case "day":
      return (
        <div class="day">
          <span>{row.label}</span>
        </div>
      );
    case "notice":
      return <Notice view={row.view} />;
    case "message":
      return <Message row={row} onUnfold={onUnfold} />;
    case "compared":
      return (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is of a form
        <div class="compared" role="group" aria-label="Two models compared">
          {row.rows.map((compared) => (
            <Message row={compared} key={compared.key} onUnfold={onUnfold} />
          ))}
        </div>
      );
  }
}
