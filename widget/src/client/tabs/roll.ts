// Which other tabs of the member there are, and what each says about itself. A tab that has not said anything for long is gone.

import type { Platform } from "../platform.ts";

/** Tabs say again that they are there; browsers let hidden ones do so once a minute at most. */
export const SAYS_EVERY_MS = 60_000;
const GONE_AFTER_MS = 200_000;

export class Roll<About> {
  readonly #tabs = new Map<string, { about: About; at: number }>();

  constructor(private readonly platform: Platform) {}

  heard(id: string, about: About): void {
    this.#tabs.set(id, { about, at: this.platform.now() });
  }

  gone(id: string): void {
    this.#tabs.delete(id);
  }

  clear(): void {
    this.#tabs.clear();
  }

  /** What the others say, by their ids. */
  all(): ReadonlyMap<string, About> {
    const since = this.platform.now() - GONE_AFTER_MS;
    for (const [id, { at }] of this.#tabs) if (at < since) this.#tabs.delete(id);
    return new Map(Array.from(this.#tabs, ([id, { about }]) => [id, about]));
  }
}
