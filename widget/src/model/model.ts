// The store: holds the state, tells who watches it, and keeps the tabs of a member alike. What an action does to the world besides is
// the business of `effects/`.

import { Client, type ClientOptions, type Packet, type Platform } from "../client/index.ts";
import { isShared, type Action } from "./actions.ts";
import { commandsOf } from "./commands.ts";
import { emptyCore, idOf, isRoom, type Core } from "./core.ts";
import { Away } from "./effects/away.ts";
import { Keeping } from "./effects/keeping.ts";
import { Outbox } from "./effects/outbox.ts";
import { Reading } from "./effects/reading.ts";
import { Roster } from "./effects/roster.ts";
import { Typing } from "./effects/typing.ts";
import { reduce } from "./reduce/index.ts";
import { messageOf } from "./reduce/messages.ts";
import { keyOfMessage } from "./reduce/talks.ts";
import type { Commands, Key, Message, Settings, State, Store } from "./state.ts";

/** What the model needs of the page around it. */
export interface Page {
  /** Whether somebody looks at this page now. */
  isSeen(): boolean;
  /** Gives a file to the browser. */
  save(file: Blob, name: string): void;
  /** Calls `change` once, before the next picture is drawn. */
  schedule(change: () => void): void;
  /** A message came from somebody else just now, in this tab as in the others. */
  arrived(key: Key, message: Message): void;
  /** Whether the browser lets this page make a sound. */
  canSound(): boolean;
  /** This tab is the one to sound. */
  sound(): void;
  /** Something went wrong that a developer may want to know. */
  failed(code: string): void;
}

/** What each tab says about itself to the others. */
export interface About {
  /** Whom its page shows. */
  readonly shown: readonly string[];
  /** What somebody looks at there now. */
  readonly looked: Key | null;
  readonly isSeen: boolean;
  readonly canSound: boolean;
  /** When somebody did something there, in milliseconds since 1970. */
  readonly activeAt: number;
}

const TOAST_MS = 10_000;

/** One tab has another sound. */
interface Sound {
  readonly type: "sound";
  readonly tab: string;
}

export class Model implements Store {
  readonly client: Client;
  readonly commands: Commands;
  readonly outbox: Outbox;
  readonly roster: Roster;
  readonly typing: Typing;
  readonly keeping: Keeping;
  readonly reading: Reading;
  readonly away: Away;
  #core: Core;
  #watchers = new Set<() => void>();
  #isScheduled = false;
  #isOver = false;
  #toasts = 0;

  constructor(
    readonly platform: Platform,
    readonly page: Page,
    options: ClientOptions,
    settings: Partial<Settings> = {},
  ) {
    this.#core = emptyCore(settings);
    this.outbox = new Outbox(this);
    this.roster = new Roster(this);
    this.typing = new Typing(this);
    this.keeping = new Keeping(this, `nextim:${options.server}:${options.site}:tab`);
    this.reading = new Reading(this);
    this.away = new Away(this);
    this.client = new Client(platform, options, this.#events());
    this.commands = commandsOf(this);
  }

  start(): void {
    void this.client.start();
  }

  get core(): Core {
    return this.#core;
  }

  get(): State {
    return this.#core.state;
  }

  subscribe(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** Does something, in all tabs if it is for all of them. */
  dispatch(action: Action): void {
    this.#do(action);
    if (isShared(action)) this.client.share(action);
  }

  /** Something was asked for and could not be done. */
  fail(code: string, key = "toast.failed"): void {
    this.page.failed(code);
    this.toast(key, { reason: code }, true);
  }

  toast(key: string, parameters: Readonly<Record<string, string>> = {}, isError = false): void {
    const id = (this.#toasts += 1);
    this.dispatch({ type: "toast", toast: { id, key, parameters, isError } });
    // The views take it away sooner; where there are none, nobody else does.
    setTimeout(() => this.dispatch({ type: "untoast", id }), TOAST_MS);
  }

  /** Our own clock, corrected by the server's. */
  serverNow(): number {
    return this.platform.now() + this.#core.state.clockSkewMs;
  }

  /** What this tab says about itself. */
  about(): About {
    const isSeen = this.page.isSeen();
    const { focused } = this.#core.state;
    return { shown: this.roster.shownHere, looked: isSeen ? focused : null, isSeen, canSound: this.page.canSound(), activeAt: this.away.activeAt };
  }

  /** The same of the other tabs. */
  others(): readonly About[] {
    return [...this.client.tabs.values()] as About[];
  }

  /** Has one tab sound: this one if it may, else one that may. */
  sound(): void {
    const other = Array.from(this.client.tabs).find(([, about]) => (about as About).canSound)?.[0];
    if (this.page.canSound() || other === undefined) this.page.sound();
    else this.client.share({ type: "sound", tab: other } satisfies Sound);
  }

  /** Somebody looks at the page, or not any more. */
  seen(): void {
    this.reading.check();
    this.client.tell();
  }

  destroy(): void {
    this.#isOver = true;
    this.client.destroy();
    this.#watchers.clear();
    for (const effect of [this.outbox, this.roster, this.typing, this.keeping, this.reading, this.away]) effect.stop();
  }

  #do(action: Action): void {
    if (this.#isOver) return;
    const before = this.#core;
    this.#core = reduce(before, action);
    if (this.#core === before) return;
    if (this.#core.state !== before.state) this.#changed();
    this.keeping.check(before.state);
    this.reading.check();
    this.roster.check(before.state);
    this.typing.check();
    if (this.#core.state.focused !== before.state.focused) this.client.tell();
  }

  #changed(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.page.schedule(() => {
      this.#isScheduled = false;
      for (const changed of this.#watchers) changed();
    });
  }

  #events(): ConstructorParameters<typeof Client>[2] {
    return {
      link: (link) => {
        // Before anything came: perhaps this page is of an origin that the site does not list, which a browser does not say.
        if (link.state === "reconnecting" && this.get().me === null) this.page.failed("no_network");
        this.#do({ type: "link", link });
        this.outbox.link(link);
      },
      user: (id) => this.keeping.user(id),
      online: (answer) => {
        this.#do({ type: "online", answer, now: this.platform.now() });
        this.keeping.online();
        if (this.client.isLeader) this.roster.complete(answer);
      },
      packet: (packet) => this.#packet(packet),
      wanted: () => this.roster.wanted(),
      shared: (told) => {
        const action = told as Action | Sound;
        if (action.type !== "sound") this.#do(action);
        else if (action.tab === this.client.id) this.page.sound();
      },
      snapshot: () => this.#core,
      restore: (core) => {
        this.#do({ type: "restore", core: core as Core });
        this.keeping.online();
        this.outbox.restored();
      },
      about: () => this.about(),
      tabs: (gone) => {
        this.roster.tabs();
        this.away.check();
        if (gone !== null && this.client.isLeader) this.outbox.adopt();
      },
      leads: (isLeader) => {
        this.away.leads(isLeader);
        if (!isLeader) return;
        this.outbox.adopt();
        this.roster.tabs();
      },
    };
  }

  #packet(packet: Packet): void {
    const before = this.#core;
    this.#do({ type: "packet", packet, now: this.platform.now() });
    const seen = packet.presences.filter(({ to, type }) => to === undefined && type !== "offline");
    if (this.client.isLeader) this.roster.look(seen.map(({ from }) => from));
    for (const wire of packet.messages) {
      const message = messageOf(this.#core, wire);
      const key = keyOfMessage(message, wire);
      const isNew = message.seq > 0 && !before.state.conversations.get(key)?.messages.some(({ seq }) => seq === message.seq);
      if (isNew && !message.isMine && !this.#isQuiet(key)) this.page.arrived(key, message);
    }
  }

  #isQuiet(key: Key): boolean {
    const { rooms, blocked } = this.#core.state;
    return isRoom(key) ? rooms.get(idOf(key))?.isSilenced === true : blocked.includes(idOf(key));
  }
}
