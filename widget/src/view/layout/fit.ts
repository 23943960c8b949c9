// Which windows have room beside each other, and where a dragged one would stand.

import type { ChatWindow, Key } from "../../model/state.ts";

/** Widths in CSS pixels. */
export interface Widths {
  readonly open: number;
  readonly chip: number;
  readonly gap: number;
  readonly more: number;
}

/** Splits the row into those that fit `room` and the rest; the last ones stay, and so does the focused one. */
export function fit(windows: readonly ChatWindow[], focused: Key | null, room: number, widths: Widths) {
  const widthOf = (window: ChatWindow) => (window.isMinimised ? widths.chip : widths.open) + widths.gap;
  const total = windows.reduce((sum, window) => sum + widthOf(window), 0);
  if (total <= room) return { shown: windows, hidden: [] as ChatWindow[] };
  const kept = new Set<ChatWindow>();
  let left = room - widths.more - widths.gap;
  const keep = (window: ChatWindow) => {
    kept.add(window);
    left -= widthOf(window);
  };
  const first = windows.find((window) => window.key === focused && !window.isMinimised);
  if (first !== undefined) keep(first);
  for (const window of [...windows].reverse()) {
    if (kept.has(window)) continue;
    if (widthOf(window) > left) break;
    keep(window);
  }
  // One window is always there, however small the page is.
  if (kept.size === 0) kept.add(windows[windows.length - 1] as ChatWindow);
  return { shown: windows.filter((one) => kept.has(one)), hidden: windows.filter((one) => !kept.has(one)) };
}

/** The place that a thing dragged to `x` takes among the middles of the others, counted from the start of the row. */
export function placeOf(x: number, middles: readonly number[], isRightToLeft: boolean): number {
  return middles.filter((middle) => (isRightToLeft ? middle > x : middle < x)).length;
}
