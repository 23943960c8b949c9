// The events that a page can listen to: `ready message unread presence error`.

import type { Listener } from "./api.ts";
import { guarded } from "./guard.ts";

export class Events {
  readonly #listeners = new Map<string, Set<Listener>>();
  /** Whoever listens later than that is told at once. */
  #ready: unknown = null;

  on(name: unknown, listener: unknown): void {
    if (typeof name !== "string" || typeof listener !== "function") return;
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener as Listener));
    if (name === "ready" && this.#ready !== null) guarded(listener as Listener)(this.#ready);
  }

  /** Without a listener: all of this event. */
  off(name: unknown, listener: unknown): void {
    if (typeof name !== "string") return;
    if (listener === undefined) this.#listeners.delete(name);
    else this.#listeners.get(name)?.delete(listener as Listener);
  }

  emit(name: "ready" | "message" | "unread" | "presence" | "error", event: unknown): void {
    if (name === "ready") this.#ready = event;
    for (const listener of [...(this.#listeners.get(name) ?? [])]) guarded(listener)(event);
  }

  /** Nobody is ready any more. */
  reset(): void {
    this.#ready = null;
  }
}
