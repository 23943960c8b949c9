// The stream of one ticket, whatever carries it: falls back and recovers, keeps the cursor, drops what came twice.

import { backOffMs, pause } from "./pause.ts";
import type { Platform } from "./platform.ts";
import { CARRIES, type Ladder } from "./transport/index.ts";
import type { End, Line } from "./transport/line.ts";
import type { Connection, Cursor, Packet } from "./wire.ts";

export interface StreamEvents {
  /** Packets come now. */
  opened(): void;
  /** Nothing comes until it is tried again, in this time. */
  lost(retryInMs: number): void;
  /** A packet without what came before. `cursor` is where this page is when it has processed it. */
  packet(packet: Packet, cursor: Cursor): void;
}

/** A shorter pause between two connections is nobody's business. */
const NOTICED_AFTER_MS = 600;

/** Why a stream is over: its ticket has ended, or the log is another; or this page is refused. */
export type Over = { readonly kind: "dead" } | { readonly kind: "refused"; readonly code: string } | { readonly kind: "stopped" };

export class Stream {
  #cursor: Cursor;
  /** Messages up to this one were given on. */
  #highest: number;
  #isResync = false;
  #stop = new AbortController();
  /** Cuts a pause short. */
  #wake = new AbortController();
  #attempt = new AbortController();
  #probe: () => void = () => undefined;

  constructor(
    private readonly platform: Platform,
    private readonly connection: Connection,
    cursor: Cursor,
    private readonly ladder: Ladder,
    private readonly events: StreamEvents,
  ) {
    this.#cursor = cursor;
    this.#highest = cursor.seq;
  }

  /** Carries packets until the ticket has ended or `stop` is called. */
  async run(): Promise<Over> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const end = await this.#carry();
      if (this.#stop.signal.aborted) break;
      if (this.#isResync || end.kind === "dead") return { kind: "dead" };
      if (end.kind === "refused") return end;
      if (end.kind === "again") {
        failures = 0;
        if (end.afterMs > 0) await this.#pause(end.afterMs);
        continue;
      }
      if (end.hasLived) failures = 0;
      else if (this.ladder.next()) continue;
      failures += 1;
      await this.#pause(backOffMs(failures, this.platform.random()));
    }
    return { kind: "stopped" };
  }

  stop(): void {
    this.#stop.abort();
    this.#attempt.abort();
    this.#wake.abort();
  }

  /** Tries now what would be tried later, or asks an open stream for a sign of life. */
  wake(): void {
    this.#wake.abort();
    this.#probe();
  }

  async #carry(): Promise<End> {
    this.#attempt = new AbortController();
    const { betterInMs } = this.ladder;
    if (betterInMs === 0) this.ladder.climb();
    // A stream that may be better is opened anew when it is time; the cursor bridges the moment between.
    const better = this.ladder.betterInMs === null ? undefined : setTimeout(() => this.#attempt.abort(), this.ladder.betterInMs);
    try {
      return await CARRIES[this.ladder.current](this.#line(this.#attempt.signal));
    } finally {
      clearTimeout(better);
      this.#probe = () => undefined;
    }
  }

  #line(signal: AbortSignal): Line {
    return {
      platform: this.platform,
      connection: this.connection,
      signal,
      cursor: () => this.#cursor,
      opened: () => {
        if (signal.aborted) return;
        this.ladder.worked();
        this.events.opened();
      },
      packet: (packet) => this.#take(packet, signal),
      onProbe: (check) => {
        this.#probe = check;
      },
    };
  }

  #take(packet: Packet, signal: AbortSignal): void {
    if (signal.aborted) return;
    if (packet.resync || packet.epoch !== this.#cursor.epoch) {
      this.#isResync = true;
      this.#attempt.abort();
      return;
    }
    const messages = packet.messages.filter(({ seq }) => {
      if (seq === undefined) return true;
      const isNew = seq > this.#highest;
      if (isNew) this.#highest = seq;
      return isNew;
    });
    const cursor = { seq: Math.max(packet.seq, this.#cursor.seq), epoch: packet.epoch };
    this.events.packet({ ...packet, messages }, cursor);
    this.#cursor = cursor;
  }

  async #pause(ms: number): Promise<void> {
    this.#wake = new AbortController();
    if (this.#stop.signal.aborted) return;
    if (ms > NOTICED_AFTER_MS) this.events.lost(ms);
    await pause(ms, this.#wake.signal);
  }
}
