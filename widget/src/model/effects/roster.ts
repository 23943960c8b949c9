// Whom the page knows: what `online` leaves out is read after it, people of whom something is heard are looked up, and the server is
// told whom the pages of this member show who may be no friends. The leading tab does it for all.

import { list, type Fields, type Online, type WireNotification, type WirePerson, type WireRoom } from "../../client/index.ts";
import { idOf, isRoom } from "../core.ts";
import type { Model } from "../model.ts";
import type { State } from "../state.ts";

/** People that are asked for at a time. */
const PEOPLE_AT_A_TIME = 500;
const SHOWN_MAX = 2_000;
const LOOKS_AFTER_MS = 50;
const WATCHES_AFTER_MS = 300;
/** Whoever has never been here is not known to the server yet, and may come. */
const WATCHES_AGAIN_AFTER_MS = 60_000;

export class Roster {
  /** Whom this page shows. */
  shownHere: readonly string[] = [];
  #asked = new Set<string>();
  #unknown = new Set<string>();
  #watched = "";
  #hasFriends = false;
  #look: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly model: Model) {}

  /** This page shows these people now. */
  show(ids: readonly string[]): void {
    if (ids.join() === this.shownHere.join()) return;
    this.shownHere = ids;
    this.model.client.tell();
    this.tabs();
  }

  /** What `online` is asked for: the open windows, and whom the pages show. */
  wanted(): Fields {
    const { windows } = this.model.get();
    const ids = (rooms: boolean): string => windows.filter(({ key }) => isRoom(key) === rooms).map(({ key }) => idOf(key)).join(",");
    return { buddy_ids: ids(false), room_ids: ids(true), stranger_ids: this.#watchlist().join(","), show: this.model.keeping.wish };
  }

  /** Reads what the answer of `online` has only the ids of. */
  complete(answer: Online): void {
    this.#asked.clear();
    this.#hasFriends = false;
    if (this.model.get().panel === "roster") this.#friends();
    // `online` knows these already, but answers those who are here alone.
    this.#watched = "";
    const given = new Set(list(answer.presence_buddies).map(({ id }) => id));
    const online = answer.buddy_online_ids.split(",").filter((id) => id !== "" && !given.has(id));
    const others = [...this.model.get().people.keys()].filter((id) => !given.has(id));
    this.#ask([...new Set([...online, ...others])]);
    void this.#read("notifications", {}, (answer) =>
      this.model.dispatch({ type: "notifications", notifications: list(answer as WireNotification[]) }),
    );
    void this.#read("blocked_users", {}, (answer) => this.model.dispatch({ type: "blocked", people: list(answer as WirePerson[]) }));
    this.tabs();
  }

  /** Looks people up who have turned up, and rooms into which somebody was invited. */
  check(before: State): void {
    const { windows, conversations, invitations, panel } = this.model.get();
    if (panel === "roster" && before.panel !== "roster") this.#friends();
    if (windows !== before.windows) this.tabs();
    if (!this.model.client.isLeader) return;
    if (windows !== before.windows) this.look(windows.filter(({ key }) => !isRoom(key)).map(({ key }) => idOf(key)));
    if (conversations.size !== before.conversations.size) {
      this.look([...conversations.keys()].filter((key) => !isRoom(key)).map(idOf));
    }
    for (const { room } of invitations) if (!before.invitations.some((one) => one.room === room)) this.#room(room);
  }

  /** Friends who are away are read when somebody looks at the list: a page load does not read the friend table. */
  #friends(): void {
    if (this.#hasFriends || this.model.get().link.state !== "online") return;
    this.#hasFriends = true;
    void this.#read("buddies", {}, (answer) => this.model.dispatch({ type: "people", people: list(answer as WirePerson[]) }));
  }

  /** Somebody came online of whom nothing is known yet, or is spoken of. */
  look(ids: readonly string[]): void {
    const { people, me } = this.model.get();
    for (const id of ids) if (id !== me?.id && !people.has(id) && !this.#asked.has(id)) this.#unknown.add(id);
    if (this.#unknown.size === 0) return;
    this.#look ??= setTimeout(() => {
      this.#look = undefined;
      const unknown = [...this.#unknown];
      this.#unknown.clear();
      this.#ask(unknown);
    }, LOOKS_AFTER_MS);
  }

  /** The tabs, or what they show, have changed. */
  tabs(): void {
    if (!this.model.client.isLeader) return;
    this.#watch ??= setTimeout(() => {
      this.#watch = undefined;
      this.#tellWatched();
    }, WATCHES_AFTER_MS);
  }

  stop(): void {
    clearTimeout(this.#look);
    clearTimeout(this.#watch);
    clearTimeout(this.#again);
  }

  #shown(): readonly string[] {
    const { me } = this.model.get();
    const all = new Set([...this.shownHere, ...this.model.others().flatMap((tab) => tab.shown)]);
    if (me !== null) all.delete(me.id);
    return [...all].slice(0, SHOWN_MAX);
  }

  /** Strangers of open windows are watched, too. */
  #watchlist(): readonly string[] {
    const { windows, people } = this.model.get();
    const partners = windows.filter(({ key }) => !isRoom(key)).map(({ key }) => idOf(key));
    const strangers = partners.filter((id) => people.get(id)?.isFriend !== true);
    return [...new Set([...this.#shown(), ...strangers])].slice(0, SHOWN_MAX).sort();
  }

  #tellWatched(): void {
    const shown = this.#shown();
    if (shown.join() !== this.model.core.shown.join()) this.model.dispatch({ type: "shown", ids: shown });
    const ids = this.#watchlist().join(",");
    if (ids === this.#watched || !this.model.client.isLeader) return;
    const { state } = this.model.get().link;
    if (state !== "online") {
      // The page is answered before its stream is there.
      if (state === "connecting" || state === "reconnecting") this.tabs();
      return;
    }
    this.#watched = ids;
    void this.#read("watch", { ids }, (answer) => {
      const people = list(answer as WirePerson[]);
      this.model.dispatch({ type: "people", people });
      clearTimeout(this.#again);
      if (people.length < ids.split(",").length) this.#again = setTimeout(() => this.#forget(), WATCHES_AGAIN_AFTER_MS);
    });
  }

  #forget(): void {
    this.#watched = "";
    this.tabs();
  }

  #ask(ids: readonly string[]): void {
    for (const id of ids) this.#asked.add(id);
    for (let at = 0; at < ids.length; at += PEOPLE_AT_A_TIME) {
      const some = ids.slice(at, at + PEOPLE_AT_A_TIME).join(",");
      void this.#read("buddies", { ids: some }, (answer) => this.model.dispatch({ type: "people", people: list(answer as WirePerson[]) }));
    }
  }

  #room(id: string): void {
    void this.#read("rooms", { ids: id }, (answer) => this.model.dispatch({ type: "rooms", rooms: list(answer as WireRoom[]) }));
  }

  /** Reads something that the page can do without. */
  async #read(name: string, fields: Fields, take: (answer: unknown) => void): Promise<void> {
    try {
      take(await this.model.client.call(name, fields));
    } catch {
      // The next `online` reads it again.
      this.#watched = name === "watch" ? "" : this.#watched;
    }
  }
}
