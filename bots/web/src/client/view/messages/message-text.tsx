import { effect } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { isLive } from "../../../wire.ts";
import { LiveMarkdown } from "../../markdown/live-markdown.ts";
import { type MessageView, shownOf } from "../../state/channels/channel-state.ts";
import { useChat } from "../chat-context.ts";

/** A reply's Markdown; while it streams, it is redrawn once a frame at most. */
export function MessageText({ view }: { readonly view: MessageView }) {
  const chat = useChat();
  const container = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const markdown = new LiveMarkdown(container.current!);
    return effect(() => {
      const { text, state } = shownOf(view);
      if (!isLive(state)) return markdown.update(text, false);
      const frame = requestAnimationFrame(() => markdown.update(text, true));
      return () => cancelAnimationFrame(frame);
    });
  }, [view]);

  const isStreaming = shownOf(view).state?.type === "streaming" && chat.connection.value !== "offline";
  const classes = ["markdown", isStreaming && "is-streaming"];
  return <div class={classes.filter(Boolean).join(" ")} dir="auto" ref={container} />;
}
