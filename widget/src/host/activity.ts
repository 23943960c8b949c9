// What happens to the page: somebody does something, looks at it or away, and it goes and comes back.

import type { Model } from "../model/index.ts";
import { Listeners } from "./guard.ts";

/** Whether somebody looks at this page. */
export function isSeen(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** Tells the model; gives the way to stop it. */
export function watchPage(model: Model): () => void {
  const listeners = new Listeners();
  let isFrozen = false;
  const passive = { passive: true, capture: true };
  listeners.on(window, "pointerdown pointermove keydown wheel scroll touchstart", () => model.away.active(), passive);
  listeners.on(window, "focus blur", () => model.seen());
  listeners.on(document, "visibilitychange", () => {
    if (isSeen()) model.away.active();
    model.seen();
  });
  // A page that goes into the browser's cache may come back as it was, without being loaded.
  listeners.on(window, "pagehide", () => model.client.suspend());
  listeners.on(window, "pageshow", (event) => {
    if ((event as PageTransitionEvent).persisted) model.client.restart();
  });
  // A frozen page would keep the connection from the others.
  listeners.on(document, "freeze", () => {
    isFrozen = model.client.tabs.size > 0;
    if (isFrozen) model.client.suspend();
  });
  listeners.on(document, "resume", () => {
    if (isFrozen) model.client.restart();
    isFrozen = false;
  });
  return () => listeners.stop();
}
