// How far an element is scrolled and how much of it is seen, told once a frame.
import { useEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";

export interface Scrolled {
  top: number;
  left: number;
  width: number;
  height: number;
}

/** Before the first layout: as if it were a usual window. */
const UNKNOWN: Scrolled = { top: 0, left: 0, width: 1200, height: 700 };

export function useScrolled(): [RefObject<HTMLDivElement | null>, Scrolled] {
  const ref = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(UNKNOWN);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    let isAsked = false;
    const read = (): void => {
      isAsked = false;
      const { scrollTop: top, scrollLeft: left, clientWidth: width, clientHeight: height } = element;
      setScrolled((old) => {
        const isSame = old.top === top && old.left === left && old.width === width && old.height === height;
        return isSame ? old : { top, left, width, height };
      });
    };
    const ask = (): void => {
      if (isAsked) return;
      isAsked = true;
      requestAnimationFrame(read);
    };
    const observer = new ResizeObserver(ask);
    observer.observe(element);
    element.addEventListener("scroll", ask, { passive: true });
    read();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", ask);
    };
  }, []);
  return [ref, scrolled];
}
