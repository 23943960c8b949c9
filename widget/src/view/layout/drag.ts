// Dragging a window or a chip to another place in the row. The menu of a window does the same without a mouse.

import { useCallback } from "preact/hooks";
import type { Key } from "../../model/state.ts";
import { useView } from "../context.ts";
import { placeOf } from "./fit.ts";

/** Shorter than this is a click, in CSS pixels. */
const THRESHOLD = 6;

/** Gives what begins a drag of a window; the element dragged has `data-key`, and its siblings, too. */
export function useDrag(): (key: Key) => (event: PointerEvent) => void {
  const { state, commands, locale } = useView();
  const { windows } = state;
  const isRightToLeft = locale.direction === "rtl";
  return useCallback(
    (key) => (event) => {
      const handle = event.currentTarget as HTMLElement;
      const card = handle.closest<HTMLElement>("[data-key]");
      const isOnButton = handle.tagName === "HEADER" && (event.target as Element).closest("button, a, .menu") !== null;
      if (card === null || event.button !== 0 || isOnButton) return;
      const drop = (to: Key | undefined) => {
        const rest = windows.map((window) => window.key).filter((other) => other !== key);
        commands.move(key, to === undefined ? rest.length : rest.indexOf(to));
      };
      follow(card, event, isRightToLeft, drop);
    },
    [windows, commands, isRightToLeft],
  );
}

/** `drop` gets the key before which the card was let go; undefined at the end of the row. */
function follow(card: HTMLElement, start: PointerEvent, isRightToLeft: boolean, drop: (before: Key | undefined) => void): void {
  const others = [...(card.parentElement?.querySelectorAll<HTMLElement>(":scope > [data-key]") ?? [])].filter((one) => one !== card);
  const middles = others.map(middleOf);
  const own = middleOf(card);
  let isDragging = false;
  const move = (event: PointerEvent) => {
    const by = event.clientX - start.clientX;
    if (!isDragging && Math.abs(by) < THRESHOLD) return;
    isDragging = true;
    card.classList.add("dragged");
    card.style.transform = `translateX(${by}px)`;
  };
  const end = (event: PointerEvent) => {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", end);
    document.removeEventListener("pointercancel", end);
    card.classList.remove("dragged");
    card.style.transform = "";
    if (!isDragging || event.type === "pointercancel") return;
    // The click that follows is none.
    card.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => card.removeEventListener("click", swallow, { capture: true }));
    const before = placeOf(own, middles, isRightToLeft);
    const to = placeOf(own + event.clientX - start.clientX, middles, isRightToLeft);
    if (to !== before) drop(others[to]?.dataset["key"] as Key | undefined);
  };
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
}

function swallow(event: Event): void {
  event.stopPropagation();
  event.preventDefault();
}

function middleOf(element: HTMLElement): number {
  const { left, width } = element.getBoundingClientRect();
  return left + width / 2;
}
