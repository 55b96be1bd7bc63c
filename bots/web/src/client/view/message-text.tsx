import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { isLive } from "../../wire.ts";
import { LiveMarkdown } from "../markdown/live-markdown.ts";
import type { MessageView } from "../state/channel-state.ts";

/** A message's Markdown; while it streams, it is redrawn once a frame at most. */
export function MessageText({ view }: { readonly view: MessageView }) {
  const container = useRef<HTMLDivElement>(null);
  const live = useRef<LiveMarkdown>(undefined);

  useSignalEffect(() => {
    const text = view.text.value;
    const streams = isLive(view.state.value);
    live.current ??= new LiveMarkdown(container.current!);
    if (!streams) return live.current.update(text, false);
    const frame = requestAnimationFrame(() => live.current?.update(text, true));
    return () => cancelAnimationFrame(frame);
  });

  return (
    <div
      class={`markdown ${view.state.value?.type === "streaming" ? "is-streaming" : ""}`}
      dir="auto"
      ref={container}
    />
  );
}
