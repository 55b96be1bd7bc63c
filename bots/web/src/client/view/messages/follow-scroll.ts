import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** Who comes so near to the end on the way down is at the end: about two lines. */
const NEAR_END_PX = 48;
/** A wheel, a key or a finger moves the list within this time. */
const ACT_MS = 1_000;
/** Heights are whole pixels, positions need not be: the very end may seem nearly so far away. A reader goes up by more. */
const ROUNDING_PX = 1;

/** Where the reader of a list is: at its end, which is followed, or above it, where nothing moves by itself. */
export type ReadingPlace = "end" | "above" | "aboveNews";

export interface FollowScroll {
  /** "aboveNews": something came below that the reader has not seen. */
  readonly place: ReadonlySignal<ReadingPlace>;
  readonly scrollToEnd: () => void;
  /** The reader unfolds something: what is on the screen stays there, and what it grows by is no news. */
  readonly stay: () => void;
}

/**
 * Keeps a list at its end while the reader is there, and leaves it alone otherwise. `contentKey` names what is shown:
 * another one begins at its end.
 */
export function useFollowScroll(
  list: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  contentKey: string,
): FollowScroll {
  const place = useSignal<ReadingPlace>("end");
  const lastTop = useRef(0);
  const isUnfolding = useRef(false);

  const scrollToEnd = useCallback(() => {
    const listElement = list.current!;
    place.value = "end";
    listElement.scrollTop = listElement.scrollHeight;
    lastTop.current = listElement.scrollTop;
  }, [list, place]);

  const stay = useCallback(() => {
    place.value = place.value === "end" ? "above" : place.value;
    isUnfolding.current = true;
  }, [place]);

  useLayoutEffect(scrollToEnd, [scrollToEnd, contentKey]);

  useEffect(() => {
    const [listElement, contentElement] = [list.current!, content.current!];
    const acts = watchActs(listElement);
    let height = contentElement.offsetHeight;
    let numChanging = 0;
    const onScroll = () => {
      const wentUp = listElement.scrollTop < lastTop.current;
      // Content, or a composer, that shrinks and grows again takes the list up and leaves it there.
      const wasTaken = wentUp && numChanging > 0 && place.value === "end" && !acts.isActing();
      lastTop.current = listElement.scrollTop;
      if (wasTaken) scrollToEnd();
      else place.value = placeAfterScroll(place.value, wentUp, distanceToEnd(listElement));
    };
    const changes = new MutationObserver(() => {
      numChanging++;
      // The scroll event of a change comes with the frame after the one that lays it out.
      requestAnimationFrame(() => requestAnimationFrame(() => numChanging--));
    });
    const observer = new ResizeObserver(() => {
      const hasGrown = contentElement.offsetHeight > height;
      height = contentElement.offsetHeight;
      if (place.value === "end" || distanceToEnd(listElement) < ROUNDING_PX) scrollToEnd();
      else if (hasGrown && !isUnfolding.current) place.value = "aboveNews";
      isUnfolding.current = false;
    });
    listElement.addEventListener("scroll", onScroll, { passive: true });
    changes.observe(document.body, { attributes: true, childList: true, characterData: true, subtree: true });
    observer.observe(contentElement);
    observer.observe(listElement);
    return () => {
      listElement.removeEventListener("scroll", onScroll);
      observer.disconnect();
      changes.disconnect();
      acts.stop();
    };
  }, [list, content, place, scrollToEnd]);

  return { place, scrollToEnd, stay };
}

/**
 * Where a reader is after a scroll event. Only a way up leaves the end, and every one does, however short: the event of
 * our own way down may come when the content has grown once more, and who goes up slowly must not be pulled back.
 */
export function placeAfterScroll(place: ReadingPlace, wentUp: boolean, toEndPx: number): ReadingPlace {
  // What shrinks takes the list up with it, but to its very end.
  if (toEndPx < (wentUp ? ROUNDING_PX : NEAR_END_PX)) return "end";
  return wentUp && place === "end" ? "above" : place;
}

/** Tells what a reader does to a list: a wheel, a finger, a key, or a button that is held, as on the scrollbar. */
function watchActs(list: HTMLElement): { isActing(): boolean; stop(): void } {
  const end = new AbortController();
  const options = { passive: true, signal: end.signal };
  let lastMs = Number.NEGATIVE_INFINITY;
  let isHeld = false;
  const onAct = ({ type }: Event) => {
    lastMs = performance.now();
    isHeld ||= type === "pointerdown";
  };
  const onPointer = ({ buttons }: PointerEvent) => {
    isHeld &&= buttons !== 0;
  };
  for (const type of ["wheel", "touchmove", "keydown", "pointerdown"]) list.addEventListener(type, onAct, options);
  // Not every browser tells of a button that is let go on a scrollbar; it tells of the next move.
  for (const type of ["pointerup", "pointercancel", "pointermove"] as const)
    window.addEventListener(type, onPointer, options);
  return { isActing: () => isHeld || performance.now() - lastMs < ACT_MS, stop: () => end.abort() };
}

function distanceToEnd(list: HTMLElement): number {
  return list.scrollHeight - list.scrollTop - list.clientHeight;
}
