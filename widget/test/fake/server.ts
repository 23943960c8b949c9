// A server for tests that speaks docs/protocol.md from memory: one log, tickets, acks, repeats under the same cid. It can be made to
// fail in the ways in which real ones do.

import type { WireMessage, WirePerson, WirePresence } from "../../src/client/index.ts";
import { FakeSocket } from "./socket.ts";

export interface Seat {
  readonly user: string;
  readonly ticket: string;
  /** Confirmed through this `seq`. */
  ack: number;
  isLive: boolean;
  presences: WirePresence[];
  statuses: { from: string; show: string }[];
  reads: { type: string; id: string; seq: number }[];
  /** Lets go whoever waits for something. */
  notify: (() => void)[];
}

export interface Asked {
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
}

type Answer = { status: number; body: unknown };

export class FakeServer {
  readonly address = "http://im.test";
  readonly log: (WireMessage & { seq: number })[] = [];
  readonly seats = new Map<string, Seat>();
  readonly asked: Asked[] = [];
  readonly cids = new Map<string, number>();
  readonly settings = new Map<string, Record<string, unknown>>();
  readonly people = new Map<string, Partial<WirePerson>>();
  readonly unread = new Map<string, { type: string; id: string; count: number; read: number }[]>();
  /** Tokens that are taken, and for whom. */
  readonly tokens = new Map<string, string>();
  /** Transports that do not work between this browser and the server. */
  readonly broken = new Set<string>();
  readonly sockets = new Set<FakeSocket>();
  epoch = "e1";
  isUp = true;
  allowsGuests = false;
  /** What the site's own address of tokens answers. */
  tokenAnswer: () => Response = () => new Response("", { status: 401 });
  /** Loses the answer to the next call of this name, after it was carried out. */
  losesAnswerOf: string | null = null;
  /** Answers instead of the call of a name. */
  readonly instead = new Map<string, () => Answer>();
  #tickets = 0;

  readonly WebSocket: new (url: string) => FakeSocket;

  constructor() {
    const server = this;
    this.WebSocket = class extends FakeSocket {
      constructor(url: string) {
        super(server, url);
      }
    };
  }

  /** How often something was called. */
  count(name: string): number {
    return this.asked.filter((one) => one.name === name).length;
  }

  fetch: typeof fetch = async (input, init) => {
    const url = new URL(String(input));
    if (url.pathname === "/token") return this.tokenAnswer();
    const name = url.pathname.replace("/webim/", "");
    const isBroken = (name === "/events" && this.broken.has("sse")) || (name === "/packets" && this.broken.has("poll"));
    if (!this.isUp || isBroken) throw new TypeError("Failed to fetch");
    const fields = Object.fromEntries([...url.searchParams, ...new URLSearchParams(String(init?.body ?? ""))]);
    if (name === "/packets") return this.#poll(fields, init?.signal ?? null);
    if (name === "/events") return this.#events(fields, init?.signal ?? null);
    this.asked.push({ name, fields });
    const { status, body } = this.instead.get(name)?.() ?? this.#answer(name, fields);
    if (this.losesAnswerOf === name) {
      this.losesAnswerOf = null;
      throw new TypeError("Failed to fetch");
    }
    return Response.json(body, { status });
  };

  /** Somebody says something. */
  say(from: string, to: string, body: string, type = "unicast"): number {
    const seq = this.log.length + 1;
    this.log.push({ type, to, from, nick: from.toUpperCase(), body, timestamp: String(Date.now()), seq });
    this.notify();
    return seq;
  }

  /** Something happens that is told once. */
  tell(user: string, what: Partial<Pick<Seat, "presences" | "statuses" | "reads">>): void {
    for (const seat of this.seats.values()) {
      if (seat.user !== user) continue;
      seat.presences.push(...(what.presences ?? []));
      seat.statuses.push(...(what.statuses ?? []));
      seat.reads.push(...(what.reads ?? []));
    }
    this.notify();
  }

  /** The process dies; tickets and messages survive. */
  stop(): void {
    this.isUp = false;
    for (const socket of [...this.sockets]) socket.drop(1006, "");
    this.notify();
  }

  start(): void {
    this.isUp = true;
  }

  endTickets(): void {
    for (const seat of this.seats.values()) seat.isLive = false;
    for (const socket of [...this.sockets]) socket.drop(4401, '{"code":"ended","reconnect":false}');
    this.notify();
  }

  notify(): void {
    for (const seat of this.seats.values()) for (const go of seat.notify.splice(0)) go();
  }

  /** What a seat has not confirmed; null: nothing. */
  packet(seat: Seat): Record<string, unknown> | null {
    const messages = this.#messagesAfter(seat.user, seat.ack).filter(({ from }) => from !== seat.user);
    const { presences, statuses, reads } = seat;
    if (messages.length + presences.length + statuses.length + reads.length === 0) return null;
    Object.assign(seat, { presences: [], statuses: [], reads: [] });
    const told = { messages, presences, statuses, ...(reads.length > 0 ? { reads } : {}) };
    return { status: "ok", ...told, seq: this.log.length, epoch: this.epoch, more: false, resync: false };
  }

  seatOf(ticket: string | undefined): Seat | null {
    const seat = this.seats.get(ticket ?? "");
    return seat?.isLive === true ? seat : null;
  }

  #messagesAfter(user: string, seq: number): WireMessage[] {
    const isFor = ({ type, to, from }: WireMessage): boolean => type === "multicast" || to === user || from === user;
    return this.log.slice(seq).filter(isFor);
  }

  #answer(name: string, fields: Readonly<Record<string, string>>): Answer {
    if (name === "online") return this.#online(fields);
    const seat = this.seatOf(fields.ticket);
    if (seat === null) return refusal(401, "ticket_ended");
    switch (name) {
      case "message":
        return this.#message(seat, fields);
      case "buddies":
      case "watch":
        return ok((fields.ids ?? "").split(",").filter(Boolean).map((id) => this.person(id)));
      case "history":
        return ok(this.#history(seat.user, fields));
      case "blocked_users":
      case "notifications":
        return ok([]);
      case "setting":
        this.settings.set(seat.user, { ...this.settings.get(seat.user), ...JSON.parse(fields.data ?? "{}") });
        return ok("ok");
      case "refresh":
      case "offline":
        seat.isLive = false;
        return ok("ok");
      default:
        return ok("ok");
    }
  }

  #online(fields: Readonly<Record<string, string>>): Answer {
    const guest = this.allowsGuests && fields.token === undefined ? "vid:1" : undefined;
    const user = this.tokens.get(fields.token ?? "") ?? guest;
    if (user === undefined) return refusal(401, "not_signed_in");
    const ticket = `ticket-${(this.#tickets += 1)}`;
    const ack = this.log.length;
    this.seats.set(ticket, { user, ticket, ack, isLive: true, presences: [], statuses: [], reads: [], notify: [] });
    if (guest !== undefined) this.tokens.set("guest-token", guest);
    const windows = (fields.buddy_ids ?? "").split(",").filter(Boolean);
    const buddies = windows.map((id) => ({ ...this.person(id), history: this.#history(user, { id }) }));
    const ws = this.address.replace("http", "ws");
    const connection = { domain: "test", ticket, server: `${this.address}/packets`, websocket: `${ws}/websocket`, sse: `${this.address}/events` };
    return ok({
      success: true,
      server_time: Date.now() + 5_000,
      user: this.person(user),
      connection,
      setting: this.settings.get(user) ?? {},
      buddy_online_ids: "",
      presence_buddies: buddies,
      presence_rooms: [],
      new_messages: [],
      presences: {},
      seq: ack,
      epoch: this.epoch,
      more: false,
      unread: this.unread.get(user) ?? [],
      ...(user.startsWith("vid:") ? { guest_token: "guest-token" } : {}),
    });
  }

  person(id: string): WirePerson {
    const known = { id, nick: id.toUpperCase(), pic_url: "", url: "", group: "friend", presence: "online", show: "available", status: "" };
    return { ...known, ...this.people.get(id) };
  }

  #history(user: string, fields: Readonly<Record<string, string>>): WireMessage[] {
    const { id = "", before = String(this.log.length + 1), limit = "30" } = fields;
    const isHere = ({ from, to }: WireMessage): boolean => (from === id && to === user) || (from === user && to === id) || to === id;
    return this.log.filter((message) => message.seq < Number(before) && isHere(message)).slice(-Number(limit));
  }

  #message(seat: Seat, { to = "", body = "", cid = "", type = "unicast" }: Readonly<Record<string, string>>): Answer {
    const known = this.cids.get(`${seat.user} ${cid}`);
    const seq = known ?? this.say(seat.user, to, body, type);
    this.cids.set(`${seat.user} ${cid}`, seq);
    const { timestamp } = this.log[seq - 1] ?? { timestamp: "0" };
    return ok({ status: "ok", id: `${this.epoch}-${seq}`, seq, timestamp, ...(known === undefined ? {} : { dup: true }) });
  }

  async #poll(fields: Readonly<Record<string, string>>, signal: AbortSignal | null): Promise<Response> {
    const seat = this.seatOf(fields.ticket);
    if (seat === null) return Response.json(null);
    const resync = fields.epoch !== this.epoch;
    seat.ack = Math.max(seat.ack, Number(fields.ack));
    for (;;) {
      const packet = this.packet(seat);
      if (packet !== null || resync) return Response.json({ ...(packet ?? this.#empty()), resync });
      await new Promise<void>((go, failed) => {
        seat.notify.push(go);
        signal?.addEventListener("abort", () => failed(new TypeError("aborted")));
      });
      if (!this.isUp) throw new TypeError("Failed to fetch");
      if (!seat.isLive) return Response.json(null);
    }
  }

  #empty(): Record<string, unknown> {
    return { status: "ok", messages: [], presences: [], statuses: [], seq: this.log.length, epoch: this.epoch, more: false };
  }

  #events(fields: Readonly<Record<string, string>>, signal: AbortSignal | null): Response {
    const seat = this.seatOf(fields.ticket);
    if (seat === null) return Response.json(refusal(401, "ticket_ended").body, { status: 401 });
    seat.ack = Math.max(seat.ack, Number(fields.ack));
    const bytes = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start: async (stream) => {
        stream.enqueue(bytes.encode("retry: 500\n\n"));
        signal?.addEventListener("abort", () => stream.error(new TypeError("aborted")));
        while (this.isUp && seat.isLive && signal?.aborted !== true) {
          const packet = this.packet(seat);
          if (packet === null) await new Promise<void>((go) => seat.notify.push(go));
          else {
            stream.enqueue(bytes.encode(`id: ${this.epoch}.${packet.seq}\ndata: ${JSON.stringify(packet)}\n\n`));
            seat.ack = Number(packet.seq);
          }
        }
        if (signal?.aborted === true) return;
        if (!this.isUp) return stream.error(new TypeError("gone"));
        if (!seat.isLive) stream.enqueue(bytes.encode('event: goodbye\ndata: {"code":"ended","reconnect":false}\n\n'));
        stream.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function refusal(status: number, code: string): Answer {
  return { status, body: { success: false, status: "error", code, message: code } };
}
