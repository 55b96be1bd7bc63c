import { effect } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { showTyped } from "../../markdown/live-markdown.ts";
import type { MessageView } from "../../state/channels/channel-state.ts";

interface TypedTextProps {
  readonly view: MessageView;
  /** Whether only its beginning shows. Default false. */
  readonly isFolded?: boolean;
}

/** What a person wrote, as it was typed. */
export function TypedText({ view, isFolded = false }: TypedTextProps) {
  const container = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => effect(() => showTyped(container.current!, view.text.value)), [view]);
  return <div class={`markdown is-typed ${isFolded ? "is-folded" : ""}`} dir="auto" ref={container} />;
}
