import { useMemo, useRef } from "preact/hooks";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";
import { EmptyChannel } from "./empty-channel.tsx";
import { useFollowScroll } from "./follow-scroll.ts";
import { Message } from "./message.tsx";
import { timelineRows } from "./timeline-rows.ts";

/** The messages of the open channel, newest at the bottom. */
export function MessageList() {
  const chat = useChat();
  const channel = chat.current.value;
  const list = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isLoaded = channel.load.value === "loaded";
  const views = channel.messages.value;
  const isDirect = channel.id === chat.directId;
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
          {rows.map((row) =>
            row.type === "day" ? (
              <div class="day" key={row.key}>
                <span>{row.label}</span>
              </div>
            ) : (
              <Message row={row} key={row.key} onUnfold={stay} />
            ),
          )}
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
