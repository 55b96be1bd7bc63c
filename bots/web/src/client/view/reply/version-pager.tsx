import type { MessageView } from "../../state/channels/channel-state.ts";
import { Icon } from "../icons.tsx";

/** Turns the pages of a reply that was made anew; nothing for one that was not. */
export function VersionPager({ view }: { readonly view: MessageView }) {
  const newest = view.versions.value.length;
  const index = view.shownVersion.value ?? newest;
  if (newest === 0) return null;
  const turn = (to: number) => {
    if (to < 0 || to > newest) return;
    view.shownVersion.value = to === newest ? undefined : to;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is of a form
    <span class="versions" role="group" aria-label="Versions of this reply">
      {/* Not disabled at an end: the focus would go. */}
      <button
        type="button"
        class="quiet-button"
        aria-label="Older version"
        aria-disabled={index === 0 || undefined}
        onClick={() => turn(index - 1)}
      >
        <Icon name="back" />
      </button>
      <span class="version-number" role="status">
        <span class="visually-hidden">Version </span>
        {index + 1}
        <span aria-hidden="true">/</span>
        <span class="visually-hidden"> of </span>
        {newest + 1}
      </span>
      <button
        type="button"
        class="quiet-button"
        aria-label="Newer version"
        aria-disabled={index === newest || undefined}
        onClick={() => turn(index + 1)}
      >
        <Icon name="on" />
      </button>
    </span>
  );
}
