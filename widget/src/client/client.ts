// One member in one browser: the tabs share one session, of which one tab, the leader, has the connection. It passes everything on to
// the others; calls go out from whichever tab makes them, with the ticket that all of them know. A tab that closes or freezes hands
// over with the cursor of what all have seen, so the next leader goes on where it ended, without a new `online`.

import { Refused, codeOf, download, isPassing, post, type Fields } from "./calls.ts";
import { backOffMs, pause } from "./pause.ts";
import type { Platform } from "./platform.ts";
import { Session, type ClientLink, type Standing } from "./session.ts";
import { SignIn, type Credentials } from "./sign-in.ts";
import { openChannel, type Channel, type Note } from "./tabs/channel.ts";
import { elect, type Election } from "./tabs/election.ts";
import { Roll, SAYS_EVERY_MS } from "./tabs/roll.ts";
import { Ladder } from "./transport/index.ts";
import type { TransportName } from "./transport/line.ts";
import type { Online, Packet } from "./wire.ts";

export interface ClientOptions extends Credentials {
  /** Address of the server, without a slash at its end. */
  readonly server: string;
  /** The site's name or public key; empty: as the token says. */
  readonly site: string;
  readonly transports?: readonly TransportName[];
}

export interface ClientEvents {
  link(link: ClientLink): void;
  /** The session has begun, or begun anew: what was known before may have gaps. */
  online(answer: Online): void;
  packet(packet: Packet): void;
  /** For whom this page is, as far as that is known before `online`: an id, `vid:` for a visitor, or null. */
  user(id: string | null): void;
  /** What the page wants of `online`: its windows, and whom it shows. */
  wanted(): Fields;
  /** Another tab has done something that all tabs do. */
  shared(data: unknown): void;
  /** All that this tab knows, for one that is new, and the other way round. Anything that can be cloned. */
  snapshot(): unknown;
  restore(snapshot: unknown): void;
  /** What this tab says to the others about itself, and that they have said something new or are gone. */
  about(): unknown;
  tabs(gone: string | null): void;
  /** This tab leads now, or another does. */
  leads(isLeader: boolean): void;
}

interface Told {
  /** One time of one tab as the leader; each counts what it passes on from 1. */
  readonly lead: string;
  readonly n: number;
  readonly standing: Standing | null;
  readonly link: ClientLink;
  readonly online?: Online;
  readonly packet?: Packet;
  readonly snapshot?: unknown;
}

/** A leader that does not answer for so long (phones suspend pages without a word) has the connection taken away. */
const LEADER_ANSWERS_WITHIN_MS = 3_000;
/** A call waits so long for a session. */
const SESSION_WITHIN_MS = 20_000;

export class Client {
  readonly #signIn: SignIn;
  readonly #prefix: string;
  readonly #roll: Roll<unknown>;
  #run = new AbortController();
  #channel: Channel | null = null;
  #election: Election | null = null;
  #session: Session | null = null;
  #standing: Standing | null = null;
  #link: ClientLink = { state: "connecting" };
  #led = { lead: "", n: 0 };
  #unanswered: ReturnType<typeof setTimeout> | undefined;
  #alive: ReturnType<typeof setInterval> | undefined;
  #waiting: (() => void)[] = [];
  #unwake: (() => void) | null = null;
  #isAway = false;
  /** Of the channel and of the lock; empty: it is not known yet for whom this page is. */
  #name = "";

  constructor(
    private readonly platform: Platform,
    private readonly options: ClientOptions,
    private readonly events: ClientEvents,
  ) {
    this.#prefix = `nextim:${options.server}:${options.site}`;
    this.#signIn = new SignIn(platform, options, this.#prefix);
    this.#roll = new Roll(platform);
  }

  /** This tab's id among the tabs. */
  get id(): string {
    return this.#channel?.id ?? "alone";
  }

  get isLeader(): boolean {
    return this.#session !== null;
  }

  /** What the other tabs say about themselves. */
  get tabs(): ReadonlyMap<string, unknown> {
    return this.#roll.all();
  }

  /** Finds the other tabs, and connects if none of them has. */
  async start(): Promise<void> {
    const run = (this.#run = new AbortController());
    this.#unwake ??= this.platform.onWake(() => this.wake());
    const user = await this.#whose(run.signal);
    if (user === undefined || run.signal.aborted) return;
    this.events.user(user);
    const name = `${this.#prefix}:${user}`;
    if (user !== null) this.#channel = openChannel(this.platform, name);
    this.#channel?.listen((note) => this.#hear(note));
    this.#name = name;
    this.#isAway = this.platform.local.get(this.#awayName) !== null;
    if (this.#isAway) this.#become({ state: "signed_out", canSignIn: true });
    else this.#join();
    this.#alive = setInterval(() => this.tell(), SAYS_EVERY_MS);
  }

  /** Whom this page is for; undefined: it is for nobody. */
  async #whose(signal: AbortSignal): Promise<string | null | undefined> {
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        return await this.#signIn.user();
      } catch (error) {
        if (!isPassing(error)) {
          this.#become({ state: "refused", code: codeOf(error) });
          return undefined;
        }
        const ms = backOffMs(failures, this.platform.random());
        this.#become({ state: "reconnecting", retryAt: this.platform.now() + ms });
        await pause(ms, signal);
      }
    }
    return undefined;
  }

  #join(): void {
    this.#election = elect(this.platform, this.#name, this.#channel, { lead: () => this.#lead(), follow: () => this.#follow() });
    this.#hello();
  }
  #hello(): void {
    if (this.#channel === null || this.isLeader) return;
    this.#channel.post("hello", this.events.about());
    this.#expectAnswer();
  }

  #expectAnswer(): void {
    clearTimeout(this.#unanswered);
    this.#unanswered = setTimeout(() => this.#election?.seize(), LEADER_ANSWERS_WITHIN_MS);
  }

  #lead(): void {
    if (this.isLeader || this.#run.signal.aborted) return;
    clearTimeout(this.#unanswered);
    this.#led = { lead: this.platform.freshId(), n: 0 };
    const ladder = new Ladder(this.platform, `${this.#prefix}:transport`, this.options.transports);
    const session = new Session(this.platform, this.options.server, this.options.site, this.#signIn, ladder, {
      link: (link) => this.#become(link),
      online: (online) => {
        this.#standing = { connection: online.connection, cursor: { seq: online.seq, epoch: online.epoch } };
        this.events.online(online);
        this.#pass({ online });
      },
      packet: (packet, cursor) => {
        if (this.#standing !== null) this.#standing = { ...this.#standing, cursor };
        this.events.packet(packet);
        this.#pass({ packet });
      },
      wanted: () => this.events.wanted(),
    });
    this.#session = session;
    this.events.leads(true);
    if (this.#standing !== null) this.#pass({});
    void session.run(this.#standing).then(() => {
      // Refused: perhaps another tab has a better token.
      if (this.#session !== session) return;
      this.#follow();
      this.#election?.resign();
      this.#election = null;
    });
  }

  #follow(): void {
    this.#session?.stop();
    this.#session = null;
    this.events.leads(false);
  }

  #become(link: ClientLink): void {
    this.#link = link;
    if (link.state === "online") for (const go of this.#waiting.splice(0)) go();
    this.events.link(link);
    if (this.isLeader && link.state !== "refused" && link.state !== "signed_out") this.#pass({});
  }

  /** Passes on what has happened; the others count, and ask for everything if something is missing. */
  #pass(what: Partial<Told>): void {
    this.#led.n += 1;
    this.#channel?.post("told", { ...this.#led, standing: this.#standing, link: this.#link, ...what } satisfies Told);
  }

  #hear({ kind, from, data }: Note): void {
    this.#election?.hear(kind, from);
    if (kind === "hello" || kind === "about") this.#roll.heard(from, data);
    if (kind === "hello" && this.isLeader) this.#answer(from);
    if (kind === "told") this.#heed(data as Told);
    if (kind === "shared") this.events.shared(data);
    if (kind === "renew" && this.#standing?.connection.ticket === data) this.#session?.renew();
    if (kind === "wake" && this.isLeader) {
      this.#session?.wake();
      this.#pass({});
    }
    if (kind === "away") this.#goAway();
    if (kind === "back" && this.#isAway) this.#comeBack();
    if (kind === "bye") this.#roll.gone(from);
    if (kind === "hello" || kind === "about" || kind === "bye") this.events.tabs(kind === "bye" ? from : null);
  }

  #answer(to: string): void {
    const told: Told = { ...this.#led, standing: this.#standing, link: this.#link, snapshot: this.events.snapshot() };
    this.#channel?.post("told", told, to);
    this.#channel?.post("about", this.events.about(), to);
  }

  #heed(told: Told): void {
    if (this.isLeader || this.#isAway) return;
    clearTimeout(this.#unanswered);
    const heard = told.lead === this.#led.lead ? this.#led.n : 0;
    const isNext = told.snapshot !== undefined || told.n === heard + 1;
    if (!isNext && told.n <= heard) return;
    this.#led = { lead: told.lead, n: told.n };
    this.#standing = told.standing;
    if (told.snapshot !== undefined) this.events.restore(told.snapshot);
    else if (!isNext) return this.#hello();
    if (told.online !== undefined) this.events.online(told.online);
    if (told.packet !== undefined) this.events.packet(told.packet);
    this.#become(told.link);
    // This tab was refused, and another was not.
    if (this.#election === null && this.#channel !== null) this.#join();
  }

  /** Makes a call of docs/protocol.md with the session's ticket. A ticket that has ended meanwhile is replaced first, once. */
  async call(name: string, fields: Fields = {}, keepalive = false): Promise<unknown> {
    return this.#withTicket((ticket) => post(this.platform, this.#path(name), { ...fields, ticket }, { keepalive }));
  }

  /** The same for an answer that is a file. */
  async file(name: string, fields: Fields): Promise<Blob> {
    return this.#withTicket((ticket) => download(this.platform, this.#path(name), { ...fields, ticket }));
  }

  #path(name: string): string {
    return `${this.options.server}/webim/${name}`;
  }

  async #withTicket<T>(call: (ticket: string) => Promise<T>): Promise<T> {
    const ticket = this.#standing?.connection.ticket ?? (await this.#another(""));
    try {
      return await call(ticket);
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "ticket_ended") throw error;
      if (this.isLeader) this.#session?.renew();
      else this.#channel?.post("renew", ticket);
      return call(await this.#another(ticket));
    }
  }

  /** A ticket that is another than `old`. */
  async #another(old: string): Promise<string> {
    const until = this.platform.now() + SESSION_WITHIN_MS;
    for (;;) {
      const ticket = this.#standing?.connection.ticket ?? "";
      if (ticket !== old && ticket !== "" && this.#link.state === "online") return ticket;
      const left = until - this.platform.now();
      if (left <= 0 || this.#run.signal.aborted) throw new Refused(401, "ticket_ended", "no session", null);
      await new Promise<void>((go) => {
        this.#waiting.push(go);
        setTimeout(go, left);
      });
    }
  }

  /** Has all tabs do something; this one has done it. */
  share(data: unknown): void {
    this.#channel?.post("shared", data);
  }

  /** Tells the others about this tab. */
  tell(): void {
    this.#channel?.post("about", this.events.about());
  }

  /** Tries to connect now. */
  wake(): void {
    if (this.#link.state === "refused" && this.#election === null && this.#name !== "") return this.#join();
    this.#session?.wake();
    if (this.isLeader || this.#channel === null || this.#election === null) return;
    this.#channel.post("wake");
    this.#expectAnswer();
  }

  get #awayName(): string {
    return `${this.#name}:away`;
  }

  /** Goes away from chat, in all tabs; until `signIn`, if the member wants it, else until the next page. */
  async signOut(isWish = true): Promise<void> {
    const ticket = this.#standing?.connection.ticket;
    this.#channel?.post("away");
    this.#goAway();
    if (isWish) this.platform.local.set(this.#awayName, "1");
    if (ticket !== undefined) await post(this.platform, this.#path("offline"), { ticket }, { keepalive: true });
  }

  #goAway(): void {
    this.#isAway = true;
    this.#leave();
    this.#standing = null;
    this.#become({ state: "signed_out", canSignIn: true });
  }

  signIn(): void {
    this.platform.local.set(this.#awayName, null);
    this.#channel?.post("back");
    this.#comeBack();
  }

  #comeBack(): void {
    if (!this.#isAway && this.#election !== null) return this.wake();
    this.#isAway = false;
    this.#become({ state: "connecting" });
    if (this.#name !== "") this.#join();
    else this.restart();
  }

  #leave(): void {
    clearTimeout(this.#unanswered);
    this.#election?.resign();
    this.#election = null;
    if (this.isLeader) this.#follow();
  }

  /** The page goes: another tab takes over, or the ticket ends, which a page that comes within seconds makes unseen. */
  suspend(): void {
    const ticket = this.#standing?.connection.ticket;
    const isLast = this.isLeader && this.#roll.all().size === 0;
    this.#run.abort();
    clearInterval(this.#alive);
    this.#leave();
    this.#channel?.post("bye");
    this.#channel?.close();
    this.#channel = null;
    this.#roll.clear();
    this.#standing = null;
    if (!isLast || ticket === undefined) return;
    void post(this.platform, this.#path("refresh"), { ticket }, { keepalive: true }).catch(() => undefined);
  }

  /** The page that went is there again. */
  restart(): void {
    if (!this.#run.signal.aborted) this.suspend();
    void this.start();
  }

  /** Ends everything of this tab. */
  destroy(): void {
    this.suspend();
    this.#unwake?.();
    this.#unwake = null;
  }
}
