import { signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";

/** Who comes so near to the end on the way down is at the end: about two lines. */
const NEAR_END_PX = 48;
/** A wheel, a key or a finger moves the list within this time. */
const ACT_MS = 1_000;
/** Heights are whole pixels, positions need not be: the very end may seem nearly so far away. A reader goes up by more. */
const ROUNDING_PX = 1;

/** Where the reader of a list is: at its end, which is followed, or above it, where nothing moves by itself. */
export type ReadingPlace = "end" | "above" | "aboveNews";

/** Keeps a list at its end while the reader is there, and leaves it alone otherwise. */
export class FollowScroll {
  /** "aboveNews": something came below that the reader has not seen. */
  readonly place = signal<ReadingPlace>("end");
  readonly #list: RefObject<HTMLElement | null>;
  readonly #content: RefObject<HTMLElement | null>;
  #lastTop = 0;
  #height = 0;
  /** Changes of the page that the list has not yet been scrolled by. */
  #numChanging = 0;
  #isUnfolding = false;

  constructor(list: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>) {
    this.#list = list;
    this.#content = content;
  }

  readonly scrollToEnd = (): void => {
    const list = this.#list.current!;
    this.place.value = "end";
    list.scrollTop = list.scrollHeight;
    this.#lastTop = list.scrollTop;
  };

  /** The reader unfolds something: what is on the screen stays there, and what it grows by is no news. */
  readonly stay = (): void => {
    if (this.place.value === "end") this.place.value = "above";
    this.#isUnfolding = true;
  };

  /** Follows from now on. Returns a function that ends it. */
  readonly watch = (): (() => void) => {
    const [list, content] = [this.#list.current!, this.#content.current!];
    const acts = watchActs(list);
    const onScroll = () => this.#onScroll(list, acts.isActing());
    const changes = new MutationObserver(() => this.#onChange());
    const sizes = new ResizeObserver(() => this.#onResize(list, content.offsetHeight));
    this.#height = content.offsetHeight;
    list.addEventListener("scroll", onScroll, { passive: true });
    changes.observe(document.body, { attributes: true, childList: true, characterData: true, subtree: true });
    for (const element of [content, list]) sizes.observe(element);
    return () => {
      list.removeEventListener("scroll", onScroll);
      for (const observer of [sizes, changes]) observer.disconnect();
      acts.stop();
    };
  };

  #onScroll(list: HTMLElement, isActing: boolean): void {
    const wentUp = list.scrollTop < this.#lastTop;
    // Content, or a composer, that shrinks and grows again takes the list up and leaves it there.
    const wasTaken = wentUp && this.#numChanging > 0 && this.place.value === "end" && !isActing;
    this.#lastTop = list.scrollTop;
    if (wasTaken) this.scrollToEnd();
    else this.place.value = placeAfterScroll(this.place.value, wentUp, distanceToEnd(list));
  }

  #onChange(): void {
    this.#numChanging++;
    // The scroll event of a change comes with the frame after the one that lays it out.
    requestAnimationFrame(() => requestAnimationFrame(() => this.#numChanging--));
  }

  #onResize(list: HTMLElement, height: number): void {
    const hasGrown = height > this.#height;
    this.#height = height;
    if (this.place.value === "end" || distanceToEnd(list) < ROUNDING_PX) this.scrollToEnd();
    else if (hasGrown && !this.#isUnfolding) this.place.value = "aboveNews";
    this.#isUnfolding = false;
  }
}

/** Follows a list's end. `contentKey` names what is shown: another one begins at its end. */
export function useFollowScroll(
  list: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  contentKey: string,
): FollowScroll {
  const follow = useMemo(() => new FollowScroll(list, content), [list, content]);
  useLayoutEffect(follow.scrollToEnd, [follow, contentKey]);
  useEffect(follow.watch, [follow]);
  return follow;
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
