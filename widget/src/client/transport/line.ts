// What the three transports have in common: each carries one stream until it ends, and says how it ended.

import type { Platform } from "../platform.ts";
import { isObject, text, type Connection, type Cursor, type Packet } from "../wire.ts";

/** How a stream ended. */
export type End =
  /** The ticket is not live: `online` gives another. */
  | { readonly kind: "dead" }
  /** Not worth another try; `code` is of protocol/codes.md. */
  | { readonly kind: "refused"; readonly code: string }
  /** In order: come again after this time. */
  | { readonly kind: "again"; readonly afterMs: number }
  /** It broke, or never came about. `hasLived`: packets could come by it until then. */
  | { readonly kind: "broken"; readonly hasLived: boolean };

/** One stream, as a transport sees it. */
export interface Line {
  readonly platform: Platform;
  readonly connection: Connection;
  /** What this page has. */
  cursor(): Cursor;
  /** Packets can come now. */
  opened(): void;
  /** Takes a packet, completely. */
  packet(packet: Packet): void;
  /** Ends the stream from this side. */
  readonly signal: AbortSignal;
  /** Calls `check` when the stream should show soon that it still lives. */
  onProbe(check: () => void): void;
}

/** Carries one stream until it ends. Never throws. */
export type Carry = (line: Line) => Promise<End>;

export type TransportName = "websocket" | "sse" | "poll";

/** Something must have come back after this, or the transport does not work here. */
export const OPEN_WITHIN_MS = 8_000;
/** The server is silent for 25 s at most; more than twice that is a dead connection. */
export const SILENT_MS = 60_000;
/** A server that stops has its pages come back one after the other. */
const SPREAD_MS = 3_000;

/** The end that a goodbye of the server means: its words are in protocol/codes.md. */
export function endOf(goodbye: unknown, random: number): End {
  const { code, reconnect, after_ms: afterMs } = isObject(goodbye) ? goodbye : {};
  if (text(code) === "stopping") return { kind: "again", afterMs: 200 + (typeof afterMs === "number" ? afterMs : random * SPREAD_MS) };
  return reconnect === true ? { kind: "again", afterMs: 0 } : { kind: "dead" };
}

/** A clock that rings unless it is wound again. */
export class Alarm {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ring: () => void) {}

  wind(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.ring, ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
