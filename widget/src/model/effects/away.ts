// Whoever has not done anything in any tab for five minutes is shown as away, until they do something. The leading tab sees to it.

import type { Model } from "../model.ts";

const IDLE_MS = 300_000;
const LOOKS_EVERY_MS = 15_000;
/** The other tabs are told of activity this often. */
const TELLS_EVERY_MS = 20_000;

export class Away {
  activeAt: number;
  #toldAt = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** It was us who said that the member is away. */
  #isOurs = false;

  constructor(private readonly model: Model) {
    this.activeAt = model.platform.now();
  }

  /** Somebody does something on this page. */
  active(): void {
    const now = this.model.platform.now();
    this.activeAt = now;
    if (now - this.#toldAt < TELLS_EVERY_MS && this.model.get().me?.show !== "away") return;
    if (now - this.#toldAt < 1_000) return;
    this.#toldAt = now;
    this.model.client.tell();
    this.check();
  }

  leads(isLeader: boolean): void {
    clearInterval(this.#timer);
    if (isLeader) this.#timer = setInterval(() => this.check(), LOOKS_EVERY_MS);
  }

  check(): void {
    const { me, link } = this.model.get();
    if (!this.model.client.isLeader || me === null || link.state !== "online") return;
    const activeAt = Math.max(this.activeAt, ...this.model.others().map((tab) => tab.activeAt));
    const isIdle = this.model.platform.now() - activeAt >= IDLE_MS;
    if (isIdle && me.show === "available") this.#say("away", true);
    else if (!isIdle && this.#isOurs && me.show === "away") this.#say("available", false);
    else if (me.show !== "away") this.#isOurs = false;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #say(show: "away" | "available", isOurs: boolean): void {
    const { me } = this.model.get();
    if (me === null) return;
    this.#isOurs = isOurs;
    this.model.dispatch({ type: "mood", show, status: me.status });
    this.model.client.call("presence", { show }).catch(() => undefined);
  }
}
