// A conversation that somebody looks at is read; the server is told soon, and once for what comes in a row.

import { idOf, lastSeq, typeOf } from "../core.ts";
import type { Model } from "../model.ts";
import type { Key } from "../state.ts";

const TELLS_AFTER_MS = 400;

export class Reading {
  #untold = new Map<Key, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly model: Model) {}

  check(): void {
    const { focused, conversations } = this.model.get();
    if (focused === null || !this.model.page.isSeen()) return;
    const { messages, unread } = conversations.get(focused) ?? { messages: [], unread: 0 };
    const seq = lastSeq(messages);
    if (unread === 0 || seq <= (this.model.core.read.get(focused) ?? 0)) return;
    this.#untold.set(focused, seq);
    this.#timer ??= setTimeout(() => this.#tell(), TELLS_AFTER_MS);
    this.model.dispatch({ type: "read", key: focused, seq });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tell(): void {
    this.#timer = undefined;
    const untold = [...this.#untold];
    this.#untold.clear();
    for (const [key, seq] of untold) {
      const told = this.model.client.call("read", { type: typeOf(key), id: idOf(key), seq }, true);
      told.catch(() => undefined); // The next message read says this one, too.
    }
  }
}
