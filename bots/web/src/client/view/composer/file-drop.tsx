import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { useChat } from "../chat-context.ts";

/** The open channel: takes files that are dropped on it. */
export function FileDrop({ children }: { readonly children: ComponentChildren }) {
  const chat = useChat();
  const [isOver, setIsOver] = useState(false);
  // Entering a child comes before leaving its parent.
  const depth = useRef(0);
  const move = (by: number) => {
    depth.current = by === 0 ? 0 : depth.current + by;
    setIsOver(depth.current > 0);
  };
  const take = (event: DragEvent) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    move(0);
    void chat.composing.addFiles([...(event.dataTransfer?.files ?? [])]);
  };
  return (
    <main
      class="channel"
      onDragEnter={(event) => hasFiles(event) && move(1)}
      onDragLeave={(event) => hasFiles(event) && move(-1)}
      onDragOver={(event) => hasFiles(event) && event.preventDefault()}
      onDrop={take}
    >
      {children}
      {isOver && <p class="drop-area">Drop text files here to attach them</p>}
    </main>
  );
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") === true;
}
