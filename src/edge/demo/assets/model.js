/* Model: knows people, rooms and conversations, and no element. */

import { ME, TOKEN, Refused, Session, get, post, recall, remember } from "./client.js";

const list = (value) => Object.values(value ?? {});
const words = (value) => String(value ?? "").split(",").filter(Boolean);
const flag = (value) => value === true || value === "true" || value === 1 || value === "1";
export const FLAGS = ["play_sound", "buddy_sticky", "minimize_layout", "msg_auto_pop"];

/** A name for one message that survives a retry. Not randomUUID: that is missing on plain-HTTP addresses. */
function freshId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The same message, though one copy came by the poll and the other from the history. */
const same = (a, b) => a.seq > 0 && a.seq === b.seq;
/** The order of the server; what it does not have yet comes last. */
const inOrder = (a, b) => (a.seq || Infinity) - (b.seq || Infinity) || 0;
const pictureOf = (id) => `/demo/assets/pictures/${encodeURIComponent(id)}.svg`;

/** Whether the server has not said yet that it has this line. */
export const isUnsent = (line) => ["sending", "failed"].includes(line.state);

export class Model {
  me = { id: ME, nick: ME, show: "available", status: "" };
  people = new Map();
  rooms = new Map();
  talks = new Map(); // by key, closed ones too: a line that failed must not vanish with its window
  settings = { play_sound: true, buddy_sticky: true, minimize_layout: false, msg_auto_pop: true };
  settled = false;
  #skew = 0;

  constructor(page) {
    this.page = page; // what the page itself says: people, strangers, rooms (id → {nick, joined})
    this.session = new Session(this);
  }

  get online() {
    return this.session.state === "online";
  }

  /* -- people and rooms */

  nick(id) {
    return id === ME ? this.me.nick : this.people.get(id)?.nick ?? this.page.nicks.get(id) ?? id;
  }

  takePerson(entry) {
    if (entry.id === ME) return;
    const online = entry.presence === "online" && entry.show !== "invisible";
    this.people.set(entry.id, { ...this.people.get(entry.id), ...entry, presence: online ? "online" : "offline" });
  }

  takeRoom(entry) {
    const { id } = entry;
    const known = this.rooms.get(id) ?? { joined: this.page.rooms.get(id)?.joined ?? true, pic_url: pictureOf(id), members: [] };
    this.rooms.set(id, { ...known, ...entry });
  }

  /** A person or a room as far as it is known. */
  entry(kind, id) {
    if (kind === "unicast" && id === ME) return this.me;
    return (kind === "unicast" ? this.people : this.rooms).get(id) ?? { pic_url: pictureOf(id), members: [] };
  }

  async loadPeople(ids) {
    const missing = [...new Set(ids)].filter((id) => id && id !== ME);
    if (missing.length === 0) return;
    for (const entry of list(await get("buddies", { ids: missing.join(","), ticket: this.session.ticket }))) this.takePerson(entry);
    this.view.people();
  }

  /** A room comes with whoever is there now. One that does not come is one the member is not in. */
  async loadRooms(ids = [...new Set([...this.page.rooms.keys(), ...this.rooms.keys()])]) {
    if (ids.length === 0) return;
    const found = new Map();
    for (const entry of list(await get("rooms", { ids: ids.join(","), ticket: this.session.ticket }))) found.set(entry.id, entry);
    for (const id of ids) this.takeRoom({ id, ...found.get(id), joined: found.has(id) });
    this.view.people();
  }

  /* -- conversations */

  talk(kind, id) {
    const key = `${kind}:${id}`;
    if (!this.talks.has(key)) {
      const quiet = { shown: false, folded: false, unread: 0, typing: false, draft: "", used: 0 };
      this.talks.set(key, { key, kind, id, lines: [], queue: Promise.resolve(), ...quiet });
    }
    return this.talks.get(key);
  }

  get shown() {
    return [...this.talks.values()].filter((talk) => talk.shown);
  }

  blocked(id) {
    return this.rooms.get(id)?.blocked === true || words(this.settings.block_list).includes(id);
  }

  line(item) {
    const from = String(item.from);
    const timestamp = Number(item.timestamp) || Date.now() + this.#skew;
    const state = from === ME ? "sent" : "received";
    return { from, nick: item.nick, body: String(item.body), timestamp, seq: Number(item.seq) || 0, state };
  }

  receive(message) {
    const kind = ["multicast", "grpchat"].includes(message.type) ? "multicast" : "unicast";
    const line = this.line(message);
    const id = kind === "unicast" && line.from !== ME ? line.from : String(message.to);
    const quiet = line.from === ME || (kind === "multicast" && this.blocked(id));
    if (quiet && !this.talks.has(`${kind}:${id}`)) return;
    const talk = this.talk(kind, id);
    if (talk.lines.some((known) => same(known, line))) return;
    talk.lines.push(line);
    talk.lines.sort(inOrder);
    this.#typing(talk, false);
    if (kind === "unicast" && !this.people.has(id)) this.loadPeople([id]).catch(() => {});
    if (!quiet) this.view.arrived(talk);
    this.view.talk(talk);
  }

  merge(talk, items) {
    const known = talk.lines;
    const older = list(items).map((item) => this.line(item));
    talk.lines = [...known, ...older.filter((line) => !known.some((one) => same(one, line)))];
    talk.lines.sort(inOrder);
    this.view.talk(talk);
  }

  async loadHistory(talk) {
    const histories = await get("histories", { ids: talk.id, type: talk.kind, ticket: this.session.ticket });
    this.merge(talk, histories?.[talk.id]);
  }

  async clearHistory(talk) {
    await post("clear_history", { ids: talk.id, type: talk.kind, ticket: this.session.ticket });
    talk.lines = talk.lines.filter(isUnsent);
    this.view.talk(talk);
  }

  send(talk, body) {
    const line = { from: ME, body, timestamp: Date.now() + this.#skew, seq: 0, cid: freshId() };
    talk.lines.push(line);
    this.transmit(talk, line);
  }

  /** Also the retry: the same cid makes the server answer for the first copy instead of keeping a second. */
  transmit(talk, line) {
    Object.assign(line, { state: "sending", lost: true }); // until the server says something
    this.view.talk(talk);
    // One after the other, so that lines written quickly arrive in the order they were written.
    talk.queue = talk.queue.then(() => this.#deliver(talk, line));
  }

  async #deliver(talk, line) {
    const offline = talk.kind === "unicast" && this.people.get(talk.id)?.presence !== "online" ? 1 : 0;
    const { ticket } = this.session;
    const fields = { ticket, type: talk.kind, to: talk.id, offline, body: line.body, style: "", cid: line.cid };
    try {
      const answer = await post("message", fields, true);
      if (answer?.status !== "ok") throw new Refused(200, answer);
      Object.assign(line, { state: "sent", seq: Number(answer.seq) || 0, timestamp: Number(answer.timestamp) || line.timestamp });
      // A history read meanwhile may already have brought this line.
      talk.lines = talk.lines.filter((other) => other === line || !same(other, line));
      talk.lines.sort(inOrder);
    } catch (error) {
      Object.assign(line, { state: "failed", lost: !(error instanceof Refused) });
    }
    this.view.talk(talk);
  }

  /** What no answer came for goes out again; what was refused waits for the member. */
  resend() {
    for (const talk of this.talks.values()) {
      for (const line of talk.lines) if (line.state === "failed" && line.lost) this.transmit(talk, line);
    }
  }

  tell(talk, show) {
    if (!this.online || this.people.get(talk.id)?.presence !== "online") return;
    post("status", { ticket: this.session.ticket, to: talk.id, show }, true).catch(() => {});
  }

  #typing(talk, on) {
    clearTimeout(talk.timer);
    talk.typing = on;
    if (on) talk.timer = setTimeout(() => this.#typing(talk, false), 10000);
    this.view.typing(talk);
  }

  /* -- what the member does */

  async setPresence(show, status) {
    await post("presence", { ticket: this.session.ticket, show, status });
    Object.assign(this.me, { show, status });
    this.view.me();
    await this.loadRooms();
  }

  async saveSettings(changes) {
    Object.assign(this.settings, changes);
    this.view.settings();
    // The protocol wants the whole map each time.
    await post("setting", { ...this.settings, ticket: this.session.ticket });
  }

  async block(id, on) {
    const others = words(this.settings.block_list).filter((one) => one !== id);
    await this.saveSettings({ block_list: (on ? [...others, id] : others).join(",") });
    this.takeRoom({ id, blocked: on });
    this.view.people();
  }

  async join(id) {
    await post("join", { id, ticket: this.session.ticket });
    await this.loadRooms([id]);
  }

  async leave(id) {
    await post("leave", { id, ticket: this.session.ticket });
    await this.loadRooms([id]);
  }

  goOnline() {
    remember({ away: false });
    return this.session.start();
  }

  async goOffline() {
    const { ticket } = this.session;
    remember({ away: true });
    this.session.ticket = "";
    this.session.stop("You went offline.");
    await post("offline", { ticket });
  }

  /* -- what the session reports */

  wanted() {
    const open = (kind) => this.shown.filter((talk) => talk.kind === kind).map((talk) => talk.id).join(",");
    return { buddy_ids: open("unicast"), room_ids: open("multicast"), stranger_ids: this.page.strangers.join(",") };
  }

  started(answer) {
    remember({ reloaded: false });
    this.#skew = Number(answer.server_time) - Date.now() || 0;
    Object.assign(this.me, answer.user);
    Object.assign(this.settings, answer.setting);
    for (const name of FLAGS) this.settings[name] = flag(this.settings[name]);
    const buddies = list(answer.presence_buddies ?? answer.buddies);
    const online = words(answer.buddy_online_ids);
    buddies.forEach((entry) => this.takePerson(entry));
    list(answer.presence_rooms ?? answer.rooms).forEach((entry) => this.takeRoom(entry));
    list(answer.new_messages).forEach((message) => this.receive(message));
    this.view.started();
    this.#complete(answer.histories ?? {}, new Set(buddies.map((entry) => entry.id)), online).catch(() => {});
  }

  /** Everything the first answer leaves out: friends who are offline, rooms without a window, missing histories. */
  async #complete(histories, loaded, online) {
    for (const talk of this.shown) {
      if (histories[talk.id]) this.merge(talk, histories[talk.id]);
      else this.loadHistory(talk).catch(() => {});
    }
    this.resend();
    const ids = [...this.page.people, ...this.page.strangers, ...online, ...this.people.keys()];
    await this.loadPeople(ids.filter((id) => !loaded.has(id)));
    await this.loadRooms();
  }

  async resync() {
    const ids = [...this.people.keys()].join(",") || ME;
    list(await get("buddies", { ids, ticket: this.session.ticket })).forEach((entry) => this.takePerson(entry));
    await this.loadRooms();
    this.resend();
  }

  packet({ messages, presences, statuses }) {
    presences.forEach((presence) => this.#presence(presence));
    messages.forEach((message) => this.receive(message));
    for (const { from, show } of statuses) {
      const talk = this.talks.get(`unicast:${from}`);
      if (talk) this.#typing(talk, show === "typing");
    }
    if (presences.length === 0) return;
    this.view.people();
    this.loadRooms().catch(() => {}); // whoever came or went is counted in rooms as well
  }

  #presence({ from, type, show, status, to }) {
    if (type === "invite") this.takeRoom({ id: to, nick: status }); // and it is loaded like the others
    if (!["online", "offline", "show"].includes(type)) return;
    if (from === ME) {
      if (type === "show") Object.assign(this.me, { show, status });
      this.view.me();
    } else if (this.people.has(from)) {
      const away = type === "offline" || show === "invisible" || show === "unavailable";
      const changes = away ? { presence: "offline" } : { presence: "online", show, status: status ?? "" };
      Object.assign(this.people.get(from), changes);
      if (away && this.talks.has(`unicast:${from}`)) this.#typing(this.talk("unicast", from), false);
    } else if (type !== "offline") {
      this.loadPeople([from]).catch(() => {});
    }
  }

  state() {
    // Without a session nothing is known about anybody.
    if (this.session.state === "offline") for (const person of this.people.values()) person.presence = "offline";
    this.view?.state();
  }

  /** A stale token is cured by the page, which brings a new one; but only one reload is tried. */
  signedOut() {
    if (!TOKEN || recall().reloaded) return false;
    remember({ reloaded: true });
    location.reload();
    return true;
  }
}
