// Typing, out and in: told to the other side at most every two seconds, and shown for as long as it may be true.

import { idOf, isRoom } from "../core.ts";
import type { Model } from "../model.ts";
import type { Key } from "../state.ts";

const TELLS_EVERY_MS = 2_000;

export class Typing {
  #told = new Map<Key, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;

  constructor(private readonly model: Model) {}

  /** The member has typed, or cleared what they typed. */
  typed(key: Key, draft: string): void {
    if (isRoom(key)) return;
    const now = this.model.platform.now();
    const told = this.#told.get(key) ?? 0;
    if (draft === "") {
      if (this.#told.delete(key)) this.#tell(key, "clear");
    } else if (now - told >= TELLS_EVERY_MS) {
      this.#told.set(key, now);
      this.#tell(key, "typing");
    }
  }

  /** The member has sent what they typed: the message says it. */
  sent(key: Key): void {
    this.#told.delete(key);
  }

  /** Rings when the next person has not typed for long. */
  check(): void {
    const due = Math.min(...this.model.core.typingUntil.values());
    if (due === this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    if (due === Infinity) return;
    const { platform } = this.model;
    this.#timer = setTimeout(() => this.model.dispatch({ type: "tick", now: platform.now() }), Math.max(0, due - platform.now()) + 1);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tell(key: Key, show: string): void {
    const person = this.model.get().people.get(idOf(key));
    if (person === undefined || person.show === "unavailable" || this.model.get().link.state !== "online") return;
    this.model.client.call("status", { to: idOf(key), show }, true).catch(() => undefined);
  }
}
