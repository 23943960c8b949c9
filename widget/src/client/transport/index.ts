// The transports, the best first, and which of them to take: what worked here the last time, and now and then a better one again.

import type { Platform } from "../platform.ts";
import { events } from "./events.ts";
import type { Carry, TransportName } from "./line.ts";
import { poll } from "./poll.ts";
import { websocket } from "./websocket.ts";

export const CARRIES: Readonly<Record<TransportName, Carry>> = { websocket, sse: events, poll };

const BEST_FIRST: readonly TransportName[] = ["websocket", "sse", "poll"];
/** After this a better transport is tried again: at first, and at most; it doubles each time. */
const BETTER_AFTER_MS = 60_000;
const BETTER_AFTER_MAX_MS = 960_000;

/** Which transport to take. */
export class Ladder {
  #at: number;
  #betterAfterMs = BETTER_AFTER_MS;
  #since: number;

  constructor(
    private readonly platform: Platform,
    private readonly name: string,
    private readonly allowed: readonly TransportName[] = BEST_FIRST,
  ) {
    this.#at = Math.max(0, allowed.indexOf((platform.session.get(name) ?? "") as TransportName));
    this.#since = platform.now();
  }

  get current(): TransportName {
    return this.allowed[this.#at] ?? "poll";
  }

  /** How long until a better one is worth a try; null: this is the best. */
  get betterInMs(): number | null {
    return this.#at === 0 ? null : Math.max(0, this.#since + this.#betterAfterMs - this.platform.now());
  }

  /** Packets come by the current one. */
  worked(): void {
    if (this.platform.session.get(this.name) === this.current) return;
    this.#since = this.platform.now();
    this.platform.session.set(this.name, this.current);
  }

  /** The current one does not work: the next. False: there is none, and it begins anew with the one that worked the last time. */
  next(): boolean {
    if (this.#at + 1 < this.allowed.length) {
      this.#at += 1;
      return true;
    }
    this.#at = Math.max(0, this.allowed.indexOf((this.platform.session.get(this.name) ?? "") as TransportName));
    return false;
  }

  /** Tries the best one again. */
  climb(): void {
    this.#at = 0;
    this.#betterAfterMs = Math.min(BETTER_AFTER_MAX_MS, this.#betterAfterMs * 2);
    this.#since = this.platform.now();
  }
}
