// The WebSocket of the server for tests.

import type { FakeServer, Seat } from "./server.ts";

export class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readyState = 0;
  /** A dead connection: nothing comes, and nobody says so. */
  isDead = false;
  readonly heard: string[] = [];
  #seat: Seat | null = null;
  #sent = 0;

  constructor(
    private readonly server: FakeServer,
    readonly url: string,
  ) {
    queueMicrotask(() => {
      if (!server.isUp || server.broken.has("websocket")) return this.drop(1006, "");
      server.sockets.add(this);
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(text: string): void {
    this.heard.push(text);
    if (this.isDead) return;
    const frame = JSON.parse(text) as { subscribe?: Record<string, unknown>; ack?: number; call?: string; id?: unknown };
    if (frame.subscribe !== undefined) this.#subscribe(frame.subscribe);
    if (frame.ack !== undefined && this.#seat !== null) this.#seat.ack = Math.max(this.#seat.ack, frame.ack);
    if (frame.call !== undefined) this.#say({ reply: frame.id, status: 404, body: {} });
  }

  close(): void {
    this.server.sockets.delete(this);
    this.readyState = 3;
    this.#seat = null;
  }

  /** The server, or the network, ends it. */
  drop(code: number, reason: string): void {
    this.close();
    queueMicrotask(() => this.onclose?.({ code, reason }));
  }

  #subscribe({ ticket, ack, epoch }: Record<string, unknown>): void {
    const seat = this.server.seatOf(String(ticket));
    if (seat === null) return this.drop(4401, '{"code":"ended","reconnect":false}');
    for (const other of [...this.server.sockets]) {
      if (other !== this && other.#seat === seat) other.drop(4409, '{"code":"replaced","reconnect":false}');
    }
    this.#seat = seat;
    seat.ack = Math.max(seat.ack, Number(ack));
    this.#sent = seat.ack;
    if (epoch !== this.server.epoch) this.#say({ ...this.#empty(), resync: true });
    void this.#carry(seat);
  }

  async #carry(seat: Seat): Promise<void> {
    while (this.#seat === seat) {
      const packet = this.server.packet(seat);
      if (packet !== null && (this.#isNews(packet) || Number(packet.seq) > this.#sent)) {
        this.#sent = Number(packet.seq);
        this.#say(packet);
      }
      await new Promise<void>((go) => seat.notify.push(go));
    }
  }

  #isNews(packet: Record<string, unknown>): boolean {
    return [packet.presences, packet.statuses, packet.reads].some((list) => Array.isArray(list) && list.length > 0);
  }

  #empty(): Record<string, unknown> {
    return { status: "ok", messages: [], presences: [], statuses: [], seq: 0, epoch: this.server.epoch, more: false };
  }

  #say(value: unknown): void {
    if (!this.isDead) queueMicrotask(() => this.onmessage?.({ data: JSON.stringify(value) }));
  }
}
