import { useState } from "preact/hooks";
import type { MessageView } from "../../state/channels/channel-state.ts";
import { TypedText } from "./typed-text.tsx";

/** What people write past this, in characters, or in lines, fills a screen: it is folded, as chat programs do. */
const MAX_LENGTH = 2_000;
const MAX_LINES = 25;

/** What a person wrote: of a long message the beginning, until all of it is asked for. */
export function FoldedText({ view, onUnfold }: { readonly view: MessageView; readonly onUnfold: () => void }) {
  const [isOpen, setIsOpen] = useState(false);
  if (!isLong(view.text.value)) return <TypedText view={view} />;
  const toggle = (event: Event) => {
    const message = (event.currentTarget as HTMLElement).closest("article")!;
    if (!isOpen) onUnfold();
    setIsOpen(!isOpen);
    // Folded, it must not leave its reader somewhere below it.
    if (isOpen) requestAnimationFrame(() => message.scrollIntoView({ block: "nearest" }));
  };
  return (
    <>
      <TypedText view={view} isFolded={!isOpen} />
      <button type="button" class="quiet-button fold-button" aria-expanded={isOpen} onClick={toggle}>
        {isOpen ? "Show less" : "Show more"}
      </button>
    </>
  );
}

/** Whether a text is folded. */
export function isLong(text: string): boolean {
  return text.length > MAX_LENGTH || text.split("\n", MAX_LINES + 1).length > MAX_LINES;
}
