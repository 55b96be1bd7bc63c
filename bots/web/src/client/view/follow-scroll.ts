import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** So near to the end counts as at the end: about two lines. */
const NEAR_END_PX = 48;

/** Whether a reader is at the end of a list. */
export function isAtEnd(list: Pick<HTMLElement, "scrollTop" | "scrollHeight" | "clientHeight">): boolean {
  return list.scrollHeight - list.scrollTop - list.clientHeight <= NEAR_END_PX;
}

export interface FollowScroll {
  /** There is something below that the reader has not seen. */
  readonly hasNews: boolean;
  readonly scrollToEnd: () => void;
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
  const follows = useRef(true);
  const [hasNews, setHasNews] = useState(false);

  const scrollToEnd = useCallback(() => {
    follows.current = true;
    setHasNews(false);
    if (list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [list]);

  useLayoutEffect(scrollToEnd, [scrollToEnd, contentKey]);

  useEffect(() => {
    const [listElement, contentElement] = [list.current!, content.current!];
    let height = contentElement.offsetHeight;
    let top = listElement.scrollTop;
    // Only a way up is the reader's leave: the event of our own way down may come when the content has grown once more.
    const onScroll = () => {
      const wentUp = listElement.scrollTop < top;
      top = listElement.scrollTop;
      if (isAtEnd(listElement)) follows.current = true;
      else if (wentUp) follows.current = false;
      if (follows.current) setHasNews(false);
    };
    const observer = new ResizeObserver(() => {
      const hasGrown = contentElement.offsetHeight > height;
      height = contentElement.offsetHeight;
      if (follows.current) listElement.scrollTop = listElement.scrollHeight;
      else if (hasGrown) setHasNews(true);
    });
    listElement.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(contentElement);
    observer.observe(listElement);
    return () => {
      listElement.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, [list, content]);

  return { hasNews, scrollToEnd };
}
