import type { Completion } from "../../../wire.ts";
import { Icon } from "../icons.tsx";

export interface CompletionListProps {
  readonly completions: readonly Completion[];
  readonly activeIndex: number;
  /** Another list is on its way. */
  readonly isBusy: boolean;
  readonly onChoose: (completion: Completion) => void;
}

/** The id of an option, for `aria-activedescendant`. */
export function completionId(index: number): string {
  return `completion-${index}`;
}

/** Above the composer: what can be completed. The composer keeps the focus and moves the choice. */
export function CompletionList({ completions, activeIndex, isBusy, onChoose }: CompletionListProps) {
  return (
    <div class="completions" id="completions" role="listbox" aria-label="Completions" aria-busy={isBusy}>
      {completions.map((completion, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the composer keeps the focus (aria-activedescendant)
        // biome-ignore lint/a11y/useKeyWithClickEvents: the composer handles the keys
        <div
          key={completion.text}
          id={completionId(index)}
          role="option"
          class="option"
          aria-selected={index === activeIndex}
          aria-disabled={completion.disabledReason !== undefined || undefined}
          ref={index === activeIndex ? keepInView : null}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => completion.disabledReason === undefined && onChoose(completion)}
        >
          <b>
            {completion.label}
            {completion.isInUse && (
              <>
                <span class="visually-hidden">, in use</span>
                <Icon name="check" />
              </>
            )}
          </b>
          <span class="option-text">{completion.disabledReason ?? completion.description}</span>
        </div>
      ))}
    </div>
  );
}

function keepInView(option: HTMLElement | null): void {
  option?.scrollIntoView({ block: "nearest" });
}
