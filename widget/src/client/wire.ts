// The shapes of docs/protocol.md as a native client is given them. What comes from the network is looked at through `list`, `text`
// and `whole`, so that an odd answer is an empty one and never an exception.

/** A message of a stream or a history. One without `seq` is an event for old pages. */
export interface WireMessage {
  readonly type: string;
  readonly to: string;
  readonly from: string;
  readonly nick: string;
  readonly body: string;
  /** Milliseconds since 1970, as a text. */
  readonly timestamp: string;
  readonly seq?: number;
}

export interface WirePerson {
  readonly id: string;
  readonly nick: string;
  readonly pic_url: string;
  readonly url: string;
  readonly group?: string;
  readonly presence: string;
  readonly show: string;
  readonly status: string;
  readonly history?: readonly WireMessage[];
}

export interface WireMember {
  readonly id: string;
  readonly nick: string;
  readonly presence: string;
  readonly show: string;
}

export interface WireRoom {
  readonly id: string;
  readonly nick: string;
  readonly pic_url: string;
  readonly url: string;
  readonly all_count: number;
  readonly count: number;
  readonly blocked: boolean;
  readonly temporary?: boolean;
  readonly members?: readonly WireMember[];
  readonly history?: readonly WireMessage[];
}

/** A presence; one with `to` is about that room. */
export interface WirePresence {
  readonly from: string;
  readonly nick: string;
  readonly type: string;
  readonly show: string;
  readonly status: string;
  readonly to?: string;
}

export interface WireStatus {
  readonly from: string;
  readonly show: string;
}

export interface WireRead {
  readonly type: string;
  readonly id: string;
  readonly seq: number;
}

export interface WireUnread {
  readonly type: string;
  readonly id: string;
  readonly count: number;
  readonly read: number;
}

export interface WireNotification {
  readonly id: string;
  readonly text: string;
  readonly link: string;
  readonly time: string;
}

/** Where a page's stream is, and its ticket. */
export interface Connection {
  readonly domain: string;
  readonly ticket: string;
  readonly server: string;
  readonly websocket?: string;
  readonly sse?: string;
}

/** How far a page has the site's log, in which of its lives. */
export interface Cursor {
  readonly seq: number;
  readonly epoch: string;
}

/** The answer of `online`. */
export interface Online extends Cursor {
  readonly success: true;
  readonly server_time: number;
  readonly user: WirePerson;
  readonly connection: Connection;
  readonly setting: Readonly<Record<string, unknown>>;
  readonly buddy_online_ids: string;
  readonly presence_buddies: readonly WirePerson[];
  readonly presence_rooms: readonly WireRoom[];
  readonly new_messages: readonly WireMessage[];
  readonly presences: Readonly<Record<string, string>>;
  readonly unread?: readonly WireUnread[];
  readonly guest_token?: string;
}

/** One packet of the stream. */
export interface Packet extends Cursor {
  readonly messages: readonly WireMessage[];
  readonly presences: readonly WirePresence[];
  readonly statuses: readonly WireStatus[];
  readonly reads?: readonly WireRead[];
  readonly more: boolean;
  readonly resync: boolean;
}

/** The answer to a message. */
export interface Sent {
  readonly seq: number;
  readonly timestamp: string;
}

/** What stands there if it is a list, else an empty one. */
export function list<T>(value: readonly T[] | null | undefined): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

/** What stands there as a text. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** What stands there as a whole number that is not below 0, or 0. */
export function whole(value: unknown): number {
  const number = Number(value);
  return Number.isFinite(number) && number > 0 ? Math.floor(number) : 0;
}

/** Whether a value is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A packet as it should be, out of what came; null: it is none. */
export function packetOf(value: unknown): Packet | null {
  if (!isObject(value) || !Array.isArray(value.messages) || typeof value.seq !== "number") return null;
  const packet = value as unknown as Packet;
  return { ...packet, presences: list(packet.presences), statuses: list(packet.statuses), reads: list(packet.reads) };
}
