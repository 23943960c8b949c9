// Small hooks that more than one view needs.

import { useEffect, useState } from "preact/hooks";

/** An element that is drawn, or null before. */
export type ElementRef<E extends Element = Element> = { readonly current: E | null };

/** Whether a media query holds, now and later. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const changed = () => setHolds(media.matches);
    changed();
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, [query]);
  return holds;
}

/** The time of this machine, renewed each `everyMs` while that is not null. */
export function useNow(everyMs: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (everyMs === null) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Calls `act` when the person points at something outside of `inside`. */
export function useOutside(inside: ElementRef, act: () => void): void {
  useEffect(() => {
    const pressed = (event: Event) => {
      if (inside.current !== null && !event.composedPath().includes(inside.current)) act();
    };
    document.addEventListener("pointerdown", pressed, true);
    return () => document.removeEventListener("pointerdown", pressed, true);
  });
}

/** Width of an element's box in CSS pixels. */
export function useWidth(of: ElementRef): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = of.current;
    if (element === null) return undefined;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [of]);
  return width;
}

/** The element that has the focus within a tree of shadow roots. */
export function focusedIn(root: ShadowRoot): HTMLElement | null {
  return root.activeElement as HTMLElement | null;
}

/** Whether Enter (or another key) belongs to an input method that is choosing characters. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** Moves the focus among `items` with the arrow keys, Home and End; true if it did. */
export function moveFocus(event: KeyboardEvent, items: readonly HTMLElement[], columns = 1, isRightToLeft = false): boolean {
  const root = (event.currentTarget as HTMLElement).getRootNode() as ShadowRoot;
  const at = items.indexOf(root.activeElement as HTMLElement);
  const steps: Record<string, number> = { ArrowDown: columns, ArrowUp: -columns };
  if (columns > 1) {
    steps["ArrowLeft"] = isRightToLeft ? 1 : -1;
    steps["ArrowRight"] = isRightToLeft ? -1 : 1;
  }
  const step = steps[event.key];
  const to = event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : step === undefined ? null : at < 0 ? 0 : at + step;
  if (to === null) return false;
  event.preventDefault();
  items[Math.max(0, Math.min(items.length - 1, to))]?.focus();
  return true;
}
