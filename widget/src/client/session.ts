// One session with the server: `online`, the stream, and `online` again when the ticket has ended. Of all tabs of a member, one has it.

import { Refused, codeOf, isPassing, post, type Fields } from "./calls.ts";
import { backOffMs, pause } from "./pause.ts";
import type { Platform } from "./platform.ts";
import type { SignIn } from "./sign-in.ts";
import { Stream } from "./stream.ts";
import type { Ladder } from "./transport/index.ts";
import { isObject, type Connection, type Cursor, type Online, type Packet } from "./wire.ts";

/** How the page stands with the server. */
export type ClientLink =
  | { readonly state: "connecting" }
  | { readonly state: "online" }
  /** Lost; tried again at `retryAt` (milliseconds since 1970). */
  | { readonly state: "reconnecting"; readonly retryAt: number }
  /** The browser says that there is no network. */
  | { readonly state: "offline" }
  /** Nobody is signed in, or the member went away from chat here. `canSignIn`: a click may bring them back. */
  | { readonly state: "signed_out"; readonly canSignIn: boolean }
  /** The server refuses this page; `code` is of protocol/codes.md. */
  | { readonly state: "refused"; readonly code: string };

/** A session that is there already: another tab had it until now. */
export interface Standing {
  readonly connection: Connection;
  readonly cursor: Cursor;
}

export interface SessionEvents {
  link(link: ClientLink): void;
  /** The session has begun, or begun anew: what was known before may have gaps. */
  online(answer: Online): void;
  packet(packet: Packet, cursor: Cursor): void;
  /** What the page wants of `online`: its windows, and whom it shows. */
  wanted(): Fields;
}

/** Tickets that end sooner than this after they were given make the next `online` wait. */
const SHORT_LIFE_MS = 10_000;

export class Session {
  #stop = new AbortController();
  #wake = new AbortController();
  #stream: Stream | null = null;
  #isOpen = false;

  constructor(
    private readonly platform: Platform,
    private readonly server: string,
    private readonly site: string,
    private readonly signIn: SignIn,
    private readonly ladder: Ladder,
    private readonly events: SessionEvents,
  ) {}

  /** Goes on until `stop`, or until the server refuses this page. */
  async run(standing: Standing | null): Promise<void> {
    let next = standing;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const since = this.platform.now();
      try {
        next ??= await this.#online();
        if (this.#stop.signal.aborted) return;
        const over = await this.#listen(next);
        next = null;
        if (over.kind === "stopped") return;
        if (over.kind === "refused") return this.#become({ state: "refused", code: over.code });
        failures = this.platform.now() - since < SHORT_LIFE_MS ? failures + 1 : 0;
        if (failures > 0) await this.#pause(backOffMs(failures, this.platform.random()));
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (!isPassing(error)) return this.#become(linkOf(error));
        failures += 1;
        const after = error instanceof Refused ? error.retryAfterMs : null;
        await this.#pause(after ?? backOffMs(failures, this.platform.random()));
      }
    }
  }

  /** Ends it on this side; the ticket lives on. */
  stop(): void {
    this.#stop.abort();
    this.#wake.abort();
    this.#stream?.stop();
  }

  wake(): void {
    this.#wake.abort();
    this.#stream?.wake();
  }

  /** Somebody was told that the ticket has ended. */
  renew(): void {
    this.#stream?.stop();
  }

  async #online(): Promise<Standing> {
    if (!this.#isOpen) this.#become({ state: "connecting" });
    let proof = await this.signIn.proof(false);
    let answer: unknown;
    try {
      answer = await this.#ask(proof);
    } catch (error) {
      if (codeOf(error) !== "not_signed_in") throw error;
      this.signIn.refused(proof);
      if (!this.signIn.canRenew && proof.token === undefined) throw error;
      const other = await this.signIn.proof(true);
      if (other.token === proof.token) throw error;
      proof = other;
      answer = await this.#ask(proof);
    }
    if (!isOnline(answer)) throw new Refused(200, "internal", "no answer of `online`", null);
    this.signIn.accepted(proof, answer.guest_token);
    const connection = reachable(answer.connection, this.server);
    if (!this.#stop.signal.aborted) this.events.online({ ...answer, connection });
    // Calls can go out now; what comes in, the stream will tell.
    this.#become({ state: "online" });
    return { connection, cursor: { seq: answer.seq, epoch: answer.epoch } };
  }

  #ask(proof: Awaited<ReturnType<SignIn["proof"]>>): Promise<unknown> {
    const { credentials, ...signed } = proof;
    const fields = { ...this.events.wanted(), domain: this.site || undefined, client: "native", ...signed };
    return post(this.platform, `${this.server}/webim/online`, fields, { credentials, signal: this.#stop.signal });
  }

  async #listen({ connection, cursor }: Standing): ReturnType<Stream["run"]> {
    const stream = new Stream(this.platform, connection, cursor, this.ladder, {
      opened: () => this.#become({ state: "online" }),
      lost: (retryInMs) => this.#lost(retryInMs),
      packet: (packet, cursor) => this.events.packet(packet, cursor),
    });
    this.#stream = stream;
    const over = await stream.run();
    // Stopped, and not by us: the ticket was found dead.
    return over.kind === "stopped" && !this.#stop.signal.aborted ? { kind: "dead" } : over;
  }

  async #pause(ms: number): Promise<void> {
    this.#wake = new AbortController();
    if (this.#stop.signal.aborted) return;
    this.#lost(ms);
    await pause(ms, this.#wake.signal);
  }

  #lost(retryInMs: number): void {
    if (this.platform.isOffline()) this.#become({ state: "offline" });
    else this.#become({ state: "reconnecting", retryAt: this.platform.now() + retryInMs });
  }

  #become(link: ClientLink): void {
    this.#isOpen = link.state === "online";
    if (!this.#stop.signal.aborted) this.events.link(link);
  }
}

function isOnline(answer: unknown): answer is Online {
  return isObject(answer) && isObject(answer.connection) && isObject(answer.user) && typeof answer.seq === "number";
}

function linkOf(error: unknown): ClientLink {
  const code = codeOf(error);
  return code === "not_signed_in" || code === "ticket_ended" ? { state: "signed_out", canSignIn: false } : { state: "refused", code };
}

/** A proxy that forgets to say that it speaks TLS must not make a page call without: browsers forbid that anyway. */
function reachable(connection: Connection, server: string): Connection {
  if (!server.startsWith("https:")) return connection;
  const secure = (address: string): string => address.replace(/^(http|ws):/, "$1s:");
  const { websocket, sse } = connection;
  return {
    ...connection,
    server: secure(connection.server),
    ...(websocket === undefined ? {} : { websocket: secure(websocket) }),
    ...(sse === undefined ? {} : { sse: secure(sse) }),
  };
}
