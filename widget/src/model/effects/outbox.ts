// What the member has said and the server has not confirmed. It is kept before it is sent, under the `cid` that makes a repeat harmless,
// so it survives a reload in the middle; one after the other in each conversation, so the order stays. Tried until there is an answer.

import { codeOf, isObject, isPassing, text, whole, type ClientLink } from "../../client/index.ts";
import { idOf, typeOf } from "../core.ts";
import type { Model } from "../model.ts";
import type { Key } from "../state.ts";

export interface Letter {
  readonly cid: string;
  readonly key: Key;
  readonly body: string;
  /** When it was written, by the server's clock. */
  readonly at: number;
}

/** Refusals that another try does not change. */
const FINAL = new Set(["too_large", "bad_parameter", "bad_encoding", "bad_request", "cid_reused", "unknown_user", "unknown_room", "not_allowed"]);
/** The session is being replaced: no word about the message. */
const SESSION = new Set(["ticket_ended", "not_signed_in"]);
const AGAIN_AFTER_MS = 2_000;

export class Outbox {
  #letters = new Map<string, Letter>();
  /** Conversations of which something is under way. */
  #busy = new Set<Key>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(private readonly model: Model) {}

  /** What this tab has to send. */
  get letters(): readonly Letter[] {
    return [...this.#letters.values()];
  }

  say(key: Key, body: string): void {
    const { platform, client } = this.model;
    const letter: Letter = { cid: platform.freshId(), key, body, at: this.model.serverNow() };
    this.#letters.set(letter.cid, letter);
    // First kept, then shown, then sent.
    this.model.keeping.keep();
    this.model.dispatch({ type: "say", ...letter, tab: client.id });
    this.#carry(key);
  }

  /** Once more, what had failed. */
  retry(key: Key, cid: string): void {
    const message = this.#messages(key).find((message) => message.key === cid && message.seq === 0);
    if (message === undefined || message.delivery === "sending") return;
    this.#letters.set(cid, { cid, key, body: message.body, at: message.at });
    this.model.keeping.keep();
    this.model.dispatch({ type: "resend", key, cid, tab: this.model.client.id });
    this.#carry(key);
  }

  discard(key: Key, cid: string): void {
    this.#done(cid);
    this.model.dispatch({ type: "discard", key, cid });
  }

  /** Letters of an earlier page of this tab. */
  resume(letters: readonly Letter[]): void {
    for (const letter of letters) {
      this.#letters.set(letter.cid, letter);
      this.#sayAgain(letter);
      this.#carry(letter.key);
    }
  }

  /** Another tab's state has replaced ours: what it does not know of ours is said to it. */
  restored(): void {
    for (const letter of this.letters) {
      const known = this.#messages(letter.key).find(({ key }) => key === letter.cid);
      if (known === undefined) this.#sayAgain(letter);
    }
  }

  #sayAgain(letter: Letter): void {
    this.model.dispatch({ type: "say", ...letter, tab: this.model.client.id, wasKept: true });
  }

  /** Letters of tabs that are gone become ours: this tab leads. Should two send one, the server takes it once. */
  adopt(): void {
    const { client, core } = this.model;
    const tabs = client.tabs;
    for (const [key, { messages }] of core.state.conversations) {
      for (const { key: cid, body, at, delivery } of messages) {
        const tab = core.senders.get(cid);
        if (delivery !== "sending" || tab === undefined || tab === client.id || tabs.has(tab) || this.#letters.has(cid)) continue;
        this.#letters.set(cid, { cid, key, body, at });
        this.model.dispatch({ type: "resend", key, cid, tab: client.id });
        this.#carry(key);
      }
    }
  }

  /** What waits goes on when there is a session, and is given back when there will be none. */
  link(link: ClientLink): void {
    if (link.state === "online") this.#carryAll();
    if (link.state !== "signed_out" && link.state !== "refused") return;
    // Still kept: they go out when the member is here again.
    for (const { cid, key } of this.letters) this.model.dispatch({ type: "unsent", key, cid, code: "not_signed_in", canRetry: true });
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #messages(key: Key) {
    return this.model.get().conversations.get(key)?.messages ?? [];
  }

  #carryAll(): void {
    for (const { cid, key } of this.letters) {
      const isGivenBack = this.#messages(key).find((message) => message.key === cid)?.delivery === "failed";
      if (isGivenBack) this.model.dispatch({ type: "resend", key, cid, tab: this.model.client.id });
      this.#carry(key);
    }
  }

  #carry(key: Key): void {
    if (this.#busy.has(key) || this.model.get().link.state !== "online") return;
    this.#busy.add(key);
    void this.#carryOne(key).then((goesOn) => {
      this.#busy.delete(key);
      if (this.#isOver) return;
      if (goesOn) return this.#carry(key);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#carryAll(), AGAIN_AFTER_MS);
    });
  }

  /** Whether the next may go at once. */
  async #carryOne(key: Key): Promise<boolean> {
    const letter = this.letters.find((letter) => letter.key === key);
    if (letter === undefined || this.#isOver) return !this.#isOver && this.letters.some((letter) => letter.key === key);
    const { cid, body } = letter;
    try {
      const fields = { type: typeOf(key), to: idOf(key), body, cid, offline: 1 };
      const answer = await this.model.client.call("message", fields, true);
      this.#done(cid);
      const { seq, timestamp } = isObject(answer) ? answer : {};
      this.model.dispatch({ type: "sent", key, cid, seq: whole(seq), at: whole(text(timestamp)) || letter.at });
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (isPassing(error) || SESSION.has(code)) return false;
      this.#failed(key, cid, code, !FINAL.has(code));
      return true;
    }
  }

  #failed(key: Key, cid: string, code: string, canRetry: boolean): void {
    this.#done(cid);
    this.model.dispatch({ type: "unsent", key, cid, code, canRetry });
  }

  #done(cid: string): void {
    if (this.#letters.delete(cid)) this.model.keeping.keep();
  }
}
