/*
 * The chat of Harbour: a bar docked to the page, written against nothing but the protocol's own endpoints.
 *
 * Read it top down. "Client" speaks the protocol and knows no conversation; "Model" knows people, rooms and
 * conversations and no element; "View" draws the model and turns clicks into calls on it. Nothing is ever drawn from
 * a string of markup, so text from other people cannot become part of the page.
 */

const ME = document.body.dataset.me;
const TOKEN = document.body.dataset.token ?? "";
const HOME = `/demo/${encodeURIComponent(ME)}`;
const SHOWS = {
  available: "Available",
  chat: "Happy to chat",
  away: "Away",
  dnd: "Do not disturb",
  busy: "Busy",
  invisible: "Invisible",
};

/* ---------------------------------------------------------------- What this tab remembers */

// The key carries the member: one tab may change from one member to another.
const SLOT = `harbour:${ME}`;
const saved = recall();
// The ticket is only stored while no page of this tab is alive; a duplicated tab would otherwise take it over.
remember({ ticket: undefined });

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(SLOT)) ?? {};
  } catch {
    return {};
  }
}

function remember(changes) {
  try {
    sessionStorage.setItem(SLOT, JSON.stringify({ ...recall(), ...changes }));
  } catch {
    // A full or forbidden store only means that windows are not reopened on the next page.
  }
}

/* ---------------------------------------------------------------- Client */

const BACK_OFF = [1000, 2000, 5000, 10000, 15000];
const POLL_LIMIT = 45000; // above any time a server holds a poll
const ANSWER_LIMIT = 15000;

/** The server answered, and the answer is no. */
class Refused extends Error {
  constructor(status, answer) {
    super(answer?.error_msg || answer?.message || `The server answered ${status}.`);
    this.status = status;
  }
}

const get = (name, fields) => call("GET", name, fields);
const post = (name, fields, keepalive = false) => call("POST", name, fields, keepalive);

async function call(method, name, fields, keepalive = false) {
  const form = new URLSearchParams(fields);
  const asGet = method === "GET";
  const response = await fetch(`/webim/${name}${asGet ? `?${form}` : ""}`, {
    method,
    body: asGet ? undefined : form,
    headers: { Accept: "application/json" },
    cache: "no-store",
    keepalive,
    signal: AbortSignal.timeout(ANSWER_LIMIT),
  });
  const text = await response.text();
  let answer = text;
  try {
    answer = JSON.parse(text);
  } catch {
    // A bare "ok" is a good answer too.
  }
  if (!response.ok || answer?.success === false) throw new Refused(response.status, answer);
  return answer;
}

let scripts = 0;

/** A poll of a server on another origin, the way the protocol has always done it. */
function jsonp(address) {
  return new Promise((resolve, reject) => {
    const name = `jsonp${Date.now()}${++scripts}`;
    const script = document.createElement("script");
    const settle = (outcome, value) => {
      clearTimeout(timer);
      window[name] = () => {};
      script.remove();
      outcome(value);
    };
    const timer = setTimeout(() => settle(reject, new Error("timeout")), POLL_LIMIT);
    window[name] = (answer) => settle(resolve, answer);
    script.onerror = () => settle(reject, new Error("unreachable"));
    script.src = `${address}&callback=${name}`;
    document.head.append(script);
  });
}

/** Waits, but not longer than until the network comes back. */
function pause(milliseconds) {
  return new Promise((done) => {
    const finish = () => {
      clearTimeout(timer);
      removeEventListener("online", finish);
      done();
    };
    const timer = setTimeout(finish, milliseconds);
    addEventListener("online", finish);
  });
}

/**
 * One session with the server: online, the long poll, and what happens when either breaks.
 * `events` gets started(answer), packet(packet), resync(), state(), signedOut() and is asked for wanted().
 */
class Session {
  state = "connecting";
  reason = "";
  ticket = saved.ticket ?? "";
  #run = 0; // every start and stop makes a new one; work of an older run gives up when it notices
  #server = null;
  #highest = 0;
  #poll = null;

  constructor(events) {
    this.events = events;
  }

  async start(attempt = 0) {
    const run = ++this.#run;
    if (attempt === 0) this.#become("connecting");
    let answer;
    try {
      answer = await post("online", { ...this.events.wanted(), token: TOKEN, ...(this.ticket && { ticket: this.ticket }) });
      if (!answer?.connection?.ticket) throw new Refused(200, answer);
    } catch (error) {
      if (run === this.#run) await this.#failed(error, run, attempt);
      return;
    }
    if (run !== this.#run) return;
    this.ticket = answer.connection.ticket;
    this.#server = answer.connection;
    this.#highest = 0;
    this.events.started(answer);
    this.#become("online");
    await this.#listen(run);
  }

  /** Ends the session on this side; the caller tells the server. */
  stop(reason) {
    this.#run++;
    this.#poll?.abort();
    this.#server = null;
    this.#become("offline", reason);
  }

  async #failed(error, run, attempt) {
    this.#server = null;
    const refused = error instanceof Refused && error.status < 500;
    if (refused) this.ticket = "";
    if (error.status === 401 && this.events.signedOut()) return;
    const reason = error.status === 401 ? "You are signed out." : refused ? error.message : "The server cannot be reached.";
    this.#become("offline", reason);
    if (refused) return;
    // The button is there for the impatient; a server that only restarts is found again without it.
    await pause(BACK_OFF[Math.min(attempt + 2, BACK_OFF.length - 1)]);
    if (run === this.#run) await this.start(attempt + 1);
  }

  async #listen(run) {
    let failures = 0;
    while (run === this.#run) {
      let packet;
      try {
        if (failures > 0) {
          // A poll may be held for half a minute; a short question shows at once that the server is back.
          await this.events.resync();
          if (run !== this.#run) return;
          this.#become("online");
        }
        packet = await this.#ask();
        failures = 0;
      } catch (error) {
        if (run !== this.#run) return;
        if ([401, 404, 410].includes(error.status)) packet = null;
        else {
          this.#become("reconnecting");
          await pause(BACK_OFF[Math.min(failures++, BACK_OFF.length - 1)]);
          continue;
        }
      }
      if (run !== this.#run) return;
      if (packet === null) {
        this.#become("reconnecting");
        this.ticket = "";
        await pause(1000);
        if (run === this.#run) await this.start();
        return;
      }
      this.#deliver(packet);
      await pause(200);
    }
  }

  async #ask() {
    const { server, domain, ticket } = this.#server;
    const address = `${server}?${new URLSearchParams({ domain, ticket })}`;
    if (new URL(server, location.href).origin !== location.origin) return jsonp(address);
    this.#poll = new AbortController();
    const timer = setTimeout(() => this.#poll.abort(), POLL_LIMIT);
    try {
      const response = await fetch(address, { cache: "no-store", signal: this.#poll.signal });
      if (!response.ok) throw new Refused(response.status);
      return await response.json();
    } finally {
      clearTimeout(timer);
    }
  }

  #deliver(packet) {
    const messages = (packet.messages ?? []).filter((message) => {
      const seq = Number(message.seq) || 0;
      if (seq && seq <= this.#highest) return false;
      this.#highest = Math.max(this.#highest, seq);
      return true;
    });
    try {
      this.events.packet({ messages, presences: packet.presences ?? [], statuses: packet.statuses ?? [] });
    } catch (error) {
      console.error(error); // one odd packet must not end the conversation
    }
  }

  #become(state, reason = "") {
    this.state = state;
    this.reason = reason;
    this.events.state();
  }
}

/* ---------------------------------------------------------------- Model */

const list = (value) => Object.values(value ?? {});
const words = (value) => String(value ?? "").split(",").filter(Boolean);
const flag = (value) => value === true || value === "true" || value === 1 || value === "1";
const FLAGS = ["play_sound", "buddy_sticky", "minimize_layout", "msg_auto_pop"];
const UNSENT = ["sending", "failed"];

/** A name for one message that survives a retry. Not randomUUID: that is missing on plain-HTTP addresses. */
function freshId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The same message, though one copy came by the poll and the other from the history. */
function same(a, b) {
  if (a.from !== b.from || a.body !== b.body) return false;
  return (a.seq > 0 && a.seq === b.seq) || a.timestamp === b.timestamp;
}

function inOrder(a, b) {
  const [first, second] = [a, b].map((line) => (UNSENT.includes(line.state) ? Infinity : line.timestamp));
  return first === second ? a.seq - b.seq : first - second;
}

class Model {
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
    if (!entry?.id) return;
    const known = this.rooms.get(entry.id) ?? { joined: this.page.rooms.get(entry.id)?.joined ?? true, people: null };
    this.rooms.set(entry.id, { ...known, ...entry });
  }

  async loadPeople(ids) {
    const missing = [...new Set(ids)].filter((id) => id && id !== ME);
    if (missing.length === 0) return;
    for (const entry of list(await get("buddies", { ids: missing.join(","), ticket: this.session.ticket }))) this.takePerson(entry);
    this.view.people();
  }

  async loadMembers(ids) {
    if (ids.length === 0) return;
    const members = await get("members", { ids: ids.join(","), ticket: this.session.ticket });
    for (const [id, entries] of Object.entries(members ?? {})) {
      const room = this.rooms.get(id);
      if (!room) continue;
      room.people = list(entries);
      // Somebody invisible may be left out of the list and still be a member.
      if (this.me.show !== "invisible") room.joined = room.people.some((member) => member.id === ME);
    }
    const strangers = [...this.rooms.values()].flatMap((room) => room.people ?? []).filter((one) => !this.people.has(one.id));
    await this.loadPeople(strangers.map((one) => one.id));
    this.view.people();
  }

  /** How many members of a room are there now, and how many it has. */
  count(room) {
    if (!room.people) return [Number(room.count) || 0, Number(room.all_count) || 0];
    const here = room.people.filter(({ id }) =>
      id === ME ? this.online && this.me.show !== "invisible" : this.people.get(id)?.presence === "online",
    );
    return [here.length, Math.max(room.people.length, Number(room.all_count) || 0)];
  }

  /* -- conversations */

  talk(kind, id) {
    const key = `${kind}:${id}`;
    if (!this.talks.has(key)) {
      const talk = { key, kind, id, lines: [], shown: false, folded: false, unread: 0, typing: false, draft: "", used: 0 };
      this.talks.set(key, { ...talk, queue: Promise.resolve() });
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
    talk.lines = talk.lines.filter((line) => UNSENT.includes(line.state));
    this.view.talk(talk);
  }

  send(talk, body) {
    const line = { from: ME, body, timestamp: Date.now() + this.#skew, seq: 0, cid: freshId() };
    talk.lines.push(line);
    this.transmit(talk, line);
  }

  /** Also the retry: the same cid makes the server answer for the first copy instead of keeping a second. */
  transmit(talk, line) {
    line.state = "sending";
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
    } catch {
      line.state = "failed";
    }
    this.view.talk(talk);
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
    this.view.people();
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
    this.takeRoom({ id, ...(await post("join", { id, ticket: this.session.ticket })), joined: true });
    this.view.people();
    await this.loadMembers([id]);
  }

  async leave(id) {
    await post("leave", { id, ticket: this.session.ticket });
    this.takeRoom({ id, joined: false });
    this.view.people();
    await this.loadMembers([id]);
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
      for (const line of talk.lines.filter((one) => one.restored)) {
        line.restored = false;
        this.transmit(talk, line);
      }
    }
    const ids = [...this.page.people, ...this.page.strangers, ...online, ...this.people.keys()];
    await this.loadPeople(ids.filter((id) => !loaded.has(id)));
    const rooms = [...new Set([...this.page.rooms.keys(), ...this.rooms.keys()])];
    if (rooms.length === 0) return;
    list(await get("rooms", { ids: rooms.join(","), ticket: this.session.ticket })).forEach((entry) => this.takeRoom(entry));
    this.view.people();
    await this.loadMembers(rooms);
  }

  async resync() {
    const ids = [...this.people.keys()].join(",") || ME;
    list(await get("buddies", { ids, ticket: this.session.ticket })).forEach((entry) => this.takePerson(entry));
    this.view.people();
  }

  packet({ messages, presences, statuses }) {
    presences.forEach((presence) => this.#presence(presence));
    messages.forEach((message) => this.receive(message));
    for (const { from, show } of statuses) {
      const talk = this.talks.get(`unicast:${from}`);
      if (talk) this.#typing(talk, show === "typing");
    }
    if (presences.length > 0) this.view.people();
  }

  #presence({ from, type, show, status }) {
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

/* ---------------------------------------------------------------- View: small parts */

function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

const ICONS = {
  chat: "M4 5.5h12v8H9.5L6 16.500v-3H4z",
  close: "M5.5 5.500l9 9M14.5 5.500l-9 9",
  fold: "M5 10h10",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  send: "M4 10l12-5.5-4.5 11.5-2-4.500z",
  settings: "M4 6h5M13 6h3M4 14h3M11 14h5M11 4v4M9 12v4",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function button(label, attributes, ...children) {
  const named = children.length > 0;
  return h("button", { type: "button", "aria-label": named ? label : null, ...attributes }, ...(named ? children : [label]));
}

function picture(id, size, entry) {
  const spare = entry?.default_pic_url || "/demo/assets/pictures/default.svg";
  const image = h("img", { src: entry?.pic_url || spare, alt: "", width: size, height: size, class: "face-picture" });
  image.addEventListener("error", () => { image.src = spare; }, { once: true });
  return image;
}

/** Brings the children of `parent` to `wanted` with as few moves as possible, so that logs announce only what is new. */
function fill(parent, wanted) {
  let at = parent.firstChild;
  for (const node of wanted) {
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** Text with its web addresses made into links. */
function linked(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"'。，、；！？）】》]+/g)) {
    const address = match[0].replace(match[0].includes("(") ? /[.,;:!?]+$/ : /[.,;:!?)\]}]+$/, "");
    if (!URL.canParse(address)) continue;
    nodes.push(text.slice(end, match.index), h("a", { href: address, target: "_blank", rel: "noopener" }, address));
    end = match.index + address.length;
  }
  return [...nodes, text.slice(end)];
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });

function dayName(timestamp) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(timestamp).setHours(0, 0, 0, 0)) / 86400000);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : calendar.format(timestamp);
}

function presenceWord(person) {
  if (person?.presence !== "online") return "offline";
  const word = person.show === "available" || !SHOWS[person.show] ? "online" : SHOWS[person.show].toLowerCase();
  return person.status ? `${word} · ${person.status}` : word;
}

let audio = null;

/** Two short notes; a browser that has not been touched yet stays silent. */
function chime() {
  if (!navigator.userActivation?.hasBeenActive) return;
  audio ??= new AudioContext();
  [660, 880].forEach((frequency, index) => {
    const [tone, volume, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + index * 0.11];
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.06, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.18);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.2);
  });
}

/* ---------------------------------------------------------------- View: one conversation */

class ChatWindow {
  #days = new Map();
  #rows = new Map();
  #lastTyped = 0;

  constructor(talk, app) {
    this.talk = talk;
    this.app = app;
    this.model = app.model;
    this.name = h("b", { class: "clip" });
    this.sub = h("small", { class: "clip" });
    this.badge = h("span", { class: "badge", hidden: true });
    this.dot = h("span", { class: "dot" });
    this.face = h("span", { class: "face" });
    this.title = h("button", { type: "button", class: "window-title", onclick: () => app.fold(talk, !talk.folded) },
      this.face, h("span", { class: "row-text" }, this.name, this.sub), this.badge);
    this.more = button("More", { class: "icon-button", "aria-expanded": "false", onclick: () => this.#toggleDrawer() }, icon("more"));
    this.foldButton = button("Fold", { class: "icon-button", onclick: () => app.fold(talk, true) }, icon("fold"));
    this.head = h("header", { class: "window-head" }, this.title, this.more, this.foldButton,
      button("Close", { class: "icon-button", onclick: () => app.close(talk) }, icon("close")));
    this.drawer = h("div", { class: "drawer", hidden: true });
    this.following = true;
    this.log = h("div", {
      class: "log", role: "log", "aria-live": "polite", tabindex: "0",
      onscroll: () => { this.following = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60; },
    });
    this.typing = h("p", { class: "typing", "data-test": "typing", hidden: true });
    this.notice = h("p", { class: "notice", hidden: true });
    this.#makeComposer();
    this.body = h("div", { class: "window-body" }, this.drawer, this.log, this.typing, this.notice, this.form);
    this.node = h("section", {
      class: "window", role: "dialog", "data-test": "window", "data-kind": talk.kind, "data-id": talk.id,
      onkeydown: (event) => this.#key(event), onpointerdown: () => app.read(talk), onfocusin: () => app.read(talk),
    }, this.head, this.body);
  }

  #makeComposer() {
    this.input = h("textarea", {
      rows: "1", maxlength: "4000", placeholder: "Write a message", "data-test": "input", enterkeyhint: "send",
      oninput: () => this.#typed(),
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.#submit();
      },
    });
    this.input.value = this.talk.draft;
    this.form = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.#submit(); } },
      this.input, h("button", { type: "submit", class: "send", "data-test": "send", "aria-label": "Send" }, icon("send")));
  }

  #key(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    if (this.drawer.hidden) this.app.fold(this.talk, true);
    else this.#toggleDrawer();
  }

  #typed() {
    this.talk.draft = this.input.value;
    this.#resize();
    if (this.talk.kind !== "unicast" || this.input.value === "") return;
    if (Date.now() - this.#lastTyped > 2000) {
      this.#lastTyped = Date.now();
      this.model.tell(this.talk, "typing");
    }
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.#stopTyping(), 6000);
  }

  #stopTyping() {
    clearTimeout(this.idle);
    if (this.#lastTyped > 0) this.model.tell(this.talk, "clear");
    this.#lastTyped = 0;
  }

  #resize() {
    this.input.rows = Math.min(5, this.input.value.split("\n").length);
  }

  #submit() {
    const body = this.input.value.trim();
    if (body === "" || this.input.disabled) return;
    this.input.value = "";
    this.talk.draft = "";
    this.#resize();
    this.#stopTyping();
    this.following = true;
    this.model.send(this.talk, body);
    this.input.focus();
  }

  #toggleDrawer() {
    this.drawer.hidden = !this.drawer.hidden;
    this.more.setAttribute("aria-expanded", String(!this.drawer.hidden));
    if (!this.drawer.hidden) this.#drawDrawer();
  }

  #drawDrawer() {
    const { talk, app, model } = this;
    const room = model.rooms.get(talk.id);
    const clear = button("Clear history", {
      class: "link-button",
      onclick: () => {
        if (clear.dataset.sure) return app.attempt(model.clearHistory(talk)), this.#toggleDrawer();
        clear.dataset.sure = "true";
        clear.textContent = "Clear it for good?";
      },
    });
    const parts = [h("a", { href: `${HOME}/${talk.kind === "unicast" ? "members" : "rooms"}/${encodeURIComponent(talk.id)}` },
      talk.kind === "unicast" ? "View profile" : "Room page")];
    if (talk.kind === "multicast") {
      const muted = model.blocked(talk.id);
      parts.push(button(muted ? "Unmute" : "Mute", { class: "link-button", onclick: () => app.attempt(model.block(talk.id, !muted)) }));
      parts.push(room?.joined === false
        ? button("Join", { class: "link-button", onclick: () => app.attempt(model.join(talk.id)) })
        : button("Leave", { class: "link-button", onclick: () => app.attempt(model.leave(talk.id)) }));
    }
    const people = (room?.people ?? []).map(({ id, nick }) => {
      const online = id === ME ? model.online : model.people.get(id)?.presence === "online";
      const face = h("span", { class: "face" }, picture(id, 22, this.#entry(id)), h("span", { class: "dot" }));
      return h("li", { class: "member", "data-presence": online ? "online" : "offline" }, face, id === ME ? "You" : nick ?? model.nick(id));
    });
    const actions = h("div", { class: "drawer-actions" }, ...parts, clear);
    fill(this.drawer, people.length > 0 ? [actions, h("ul", { class: "members" }, ...people)] : [actions]);
  }

  #entry(id) {
    return id === ME ? this.model.me : this.model.people.get(id) ?? { pic_url: `/demo/assets/pictures/${encodeURIComponent(id)}.svg` };
  }

  /** Everything around the log. */
  draw() {
    const { talk, model } = this;
    const single = talk.kind === "unicast";
    const entry = single ? this.#entry(talk.id) : model.rooms.get(talk.id) ?? { pic_url: `/demo/assets/pictures/${encodeURIComponent(talk.id)}.svg` };
    const nick = entry.nick ?? model.nick(talk.id);
    const [here, all] = single ? [] : model.count(entry);
    const muted = !single && model.blocked(talk.id) ? " · muted" : "";
    this.name.textContent = nick;
    this.sub.textContent = single ? presenceWord(entry) : `${here} of ${all} online${muted}`;
    this.head.dataset.presence = single ? entry.presence ?? "offline" : "";
    this.head.dataset.show = single ? entry.show ?? "" : "";
    this.title.setAttribute("aria-expanded", String(!talk.folded));
    this.node.setAttribute("aria-label", single ? `Chat with ${nick}` : `Room ${nick}`);
    this.log.setAttribute("aria-label", `Messages, ${nick}`);
    this.input.setAttribute("aria-label", `Message to ${nick}`);
    if (this.pictured !== entry.pic_url) fill(this.face, [picture(talk.id, 32, entry), ...(single ? [this.dot] : [])]);
    this.pictured = entry.pic_url;
    this.node.classList.toggle("folded", talk.folded);
    this.badge.hidden = talk.unread === 0;
    this.badge.textContent = talk.unread > 0 ? String(talk.unread) : "";
    this.node.classList.toggle("has-unread", talk.unread > 0);
    if (!this.drawer.hidden) this.#drawDrawer();
    this.#drawNotice(!single && entry.joined === false);
  }

  #drawNotice(outside) {
    const { state } = this.model.session;
    const text = outside ? "You are not in this room." : state === "online" ? "" : state === "offline" ? "You are offline." : `${state}…`;
    this.notice.hidden = text === "";
    this.notice.textContent = text;
    if (outside) this.notice.append(" ", button("Join", { class: "link-button", onclick: () => this.app.attempt(this.model.join(this.talk.id)) }));
    this.input.disabled = outside || state === "offline";
  }

  drawTyping() {
    this.typing.hidden = !this.talk.typing;
    this.typing.textContent = this.talk.typing ? `${this.model.nick(this.talk.id)} is typing` : "";
    this.#toEnd();
  }

  drawLines() {
    const { log, talk } = this;
    const nodes = [];
    let last = null;
    talk.lines.forEach((line, index) => {
      const day = dayName(line.timestamp);
      const first = last === null || dayName(last.timestamp) !== day || last.from !== line.from || line.timestamp - last.timestamp > 300000;
      const next = talk.lines[index + 1];
      const ends = !next || next.from !== line.from || next.timestamp - line.timestamp > 300000;
      if (last === null || dayName(last.timestamp) !== day) nodes.push(this.#day(day));
      nodes.push(this.#row(line, first, ends));
      last = line;
    });
    if (nodes.length === 0) nodes.push((this.empty ??= h("p", { class: "empty" }, "No messages yet. Say hello!")));
    fill(log, nodes);
    this.#toEnd();
  }

  /** Keeps the newest line in sight, unless somebody has scrolled up to read. */
  #toEnd() {
    if (this.following) this.log.scrollTop = this.log.scrollHeight;
  }

  #day(day) {
    if (!this.#days.has(day)) this.#days.set(day, h("p", { class: "day" }, day));
    return this.#days.get(day);
  }

  #row(line, first, last) {
    if (!this.#rows.has(line)) this.#rows.set(line, this.#makeRow(line));
    const { node, meta } = this.#rows.get(line);
    node.classList.toggle("first", first);
    node.classList.toggle("last", last);
    if (node.dataset.state !== line.state) {
      node.dataset.state = line.state;
      const again = () => this.model.transmit(this.talk, line);
      if (line.state === "failed") meta.replaceChildren("not sent ", button("Retry", { class: "link-button", "data-test": "retry", onclick: again }));
      else meta.textContent = line.state === "sending" ? "sending…" : clock.format(line.timestamp);
    }
    return node;
  }

  #makeRow(line) {
    const own = line.from === ME;
    const meta = h("small", { class: "meta" });
    const nick = own ? "You" : this.model.people.get(line.from)?.nick ?? line.nick ?? this.model.nick(line.from);
    const node = h("div", { class: own ? "line own" : "line", "data-test": "message", "data-from": line.from },
      ...(own ? [] : [picture(line.from, 26, this.#entry(line.from))]),
      h("div", { class: "line-main" },
        h("small", { class: this.talk.kind === "multicast" && !own ? "line-nick" : "line-nick unseen" }, nick),
        h("p", { class: "bubble", "data-test": "body", dir: "auto" }, ...linked(line.body)),
        meta));
    return { node, meta };
  }
}

/* ---------------------------------------------------------------- View: the bar and the page */

const PHONE = matchMedia("(max-width: 640px)");
const GROUPS = { friend: "Friends", stranger: "Not friends yet" };

class App {
  windows = new Map();
  #uses = 0;

  constructor(model, page) {
    this.model = model;
    this.page = page;
    this.title = document.title;
    this.rosterOpen = saved.roster ?? (innerWidth >= 900 && !PHONE.matches);
    this.#build();
  }

  #build() {
    const { model } = this;
    this.connection = h("span", { class: "connection", "data-test": "connection", role: "status" });
    this.total = h("span", { class: "badge", hidden: true });
    this.launcher = h("button", { type: "button", class: "launcher", onclick: () => this.openRoster(!this.rosterOpen) },
      icon("chat"), h("b", {}, "Chat"), this.connection, this.total);
    this.meFace = h("span", { class: "face" });
    this.menu = h("select", { "data-test": "presence-menu", "aria-label": "Your presence", onchange: () => this.#present() },
      ...Object.entries(SHOWS).map(([value, label]) => h("option", { value }, label)));
    this.status = h("input", {
      type: "text", maxlength: "120", placeholder: "Set a status", "aria-label": "Your status line", "data-test": "status",
      onchange: () => this.#present(),
      onkeydown: (event) => { if (event.key === "Enter" && !event.isComposing) this.status.blur(); },
    });
    this.meHead = h("div", { class: "roster-me" }, this.meFace, h("div", { class: "roster-fields" }, this.menu, this.status));
    this.reason = h("span", {});
    this.goOnline = button("Go online", { class: "button small", "data-test": "go-online", onclick: () => model.goOnline() });
    this.notice = h("div", { class: "roster-notice", hidden: true }, this.reason, this.goOnline);
    this.roll = h("div", { class: "roster-list" });
    this.options = h("div", { class: "settings", id: "chat-settings", hidden: true });
    const gear = button("Settings", { class: "icon-button", "aria-expanded": "false", "aria-controls": "chat-settings", onclick: () => {
      this.options.hidden = !this.options.hidden;
      gear.setAttribute("aria-expanded", String(!this.options.hidden));
    } }, icon("settings"));
    this.goOffline = button("Go offline", { class: "link-button", "data-test": "go-offline", onclick: () => this.attempt(model.goOffline()) });
    this.roster = h("section", { class: "roster", id: "chat-roster", role: "dialog", "aria-label": "Chat", onkeydown: (event) => {
      if (event.key === "Escape") this.openRoster(false), this.launcher.focus();
    } }, this.meHead, this.notice, this.roll, this.options, h("footer", { class: "roster-foot" }, gear, this.goOffline));
    this.launcher.setAttribute("aria-controls", "chat-roster");
    this.toast = h("p", { class: "toast", role: "status", hidden: true });
    this.strip = h("div", { class: "windows" });
    this.node = h("div", { class: "chat", "data-test": "bar" }, h("div", { class: "dock" }, this.roster, this.launcher), this.strip, this.toast);
    document.body.append(this.node);
    this.openRoster(this.rosterOpen);
    this.settings();
  }

  /** A call that may fail: the member hears about it, the page goes on. */
  attempt(promise) {
    promise.catch((error) => this.say(error instanceof Refused ? error.message : "That did not work. Please try again."));
  }

  say(text) {
    clearTimeout(this.toastTimer);
    this.toast.textContent = text;
    this.toast.hidden = false;
    this.toastTimer = setTimeout(() => { this.toast.hidden = true; }, 5000);
  }

  #present() {
    const promise = this.model.setPresence(this.menu.value, this.status.value.trim());
    promise.catch(() => this.me());
    this.attempt(promise);
  }

  openRoster(open, byHand = true) {
    this.rosterOpen = open;
    this.roster.hidden = !open;
    this.launcher.setAttribute("aria-expanded", String(open));
    if (byHand && this.model.view) remember({ roster: open });
    this.fit();
  }

  /* -- windows */

  open(kind, id, { byHand = true, folded = false } = {}) {
    const talk = this.model.talk(kind, id);
    const fresh = !talk.shown;
    talk.shown = true;
    if (fresh || byHand) talk.folded = folded;
    // A window nobody asked for gives way first when there is no room.
    if (!talk.folded) talk.used = byHand ? ++this.#uses : 0;
    if (!this.windows.has(talk.key)) this.windows.set(talk.key, new ChatWindow(talk, this));
    const view = this.windows.get(talk.key);
    if (!view.node.isConnected) this.strip.append(view.node);
    if (byHand && (PHONE.matches || !this.model.settings.buddy_sticky)) this.openRoster(false);
    this.fit();
    view.following = true;
    this.talk(talk);
    if (fresh && this.model.online) this.model.loadHistory(talk).catch(() => {});
    if (byHand) {
      this.read(talk);
      view.input.focus();
    }
    this.keep();
    return view;
  }

  fold(talk, folded) {
    if (!folded) return void this.open(talk.kind, talk.id);
    talk.folded = true;
    const view = this.windows.get(talk.key);
    if (view.body.contains(document.activeElement)) view.title.focus();
    this.fit();
    this.keep();
  }

  close(talk) {
    talk.shown = false;
    talk.unread = 0;
    this.windows.get(talk.key).node.remove();
    this.launcher.focus();
    this.fit();
    this.#count();
    this.keep();
  }

  /** Folds the windows used longest ago until the others fit; a phone shows one. */
  fit() {
    const shown = this.model.shown;
    const room = innerWidth - (this.rosterOpen ? 316 : 212); // the sizes here are those of the style sheet
    const tabs = shown.filter((talk) => talk.folded).length * 76; // a tab shrinks that far
    const most = PHONE.matches ? 1 : Math.max(1, Math.floor((room - tabs) / 312));
    const open = shown.filter((talk) => !talk.folded).sort((a, b) => b.used - a.used);
    for (const talk of open.slice(most)) talk.folded = true;
    this.node.classList.toggle("sheet", PHONE.matches && (this.rosterOpen || open.length > 0));
    for (const talk of shown) this.windows.get(talk.key)?.draw();
  }

  read(talk) {
    if (talk.unread === 0) return;
    talk.unread = 0;
    this.windows.get(talk.key)?.draw();
    this.#count();
  }

  #count() {
    const unread = this.model.shown.reduce((sum, talk) => sum + talk.unread, 0);
    this.total.hidden = unread === 0;
    this.total.textContent = String(unread);
    document.title = unread > 0 ? `(${unread}) ${this.title}` : this.title;
  }

  /** A message from somebody else: show it, count it, make it heard. */
  arrived(talk) {
    const hidden = !this.model.settings.msg_auto_pop || PHONE.matches;
    if (!talk.shown) this.open(talk.kind, talk.id, { byHand: false, folded: hidden });
    const seen = !talk.folded && document.hasFocus();
    if (seen) return;
    talk.unread++;
    this.#count();
    if (this.model.settings.play_sound) chime();
  }

  keep() {
    const windows = this.model.shown.map(({ kind, id, folded, draft, unread, lines }) => {
      const unsent = lines.filter((line) => UNSENT.includes(line.state));
      return { kind, id, folded, draft, unread, unsent: unsent.map(({ cid, body, timestamp, state }) => ({ cid, body, timestamp, state })) };
    });
    remember({ windows });
  }

  restore() {
    for (const { kind, id, folded, draft, unread, unsent } of saved.windows ?? []) {
      const talk = this.model.talk(kind, id);
      talk.draft = draft ?? "";
      talk.unread = unread ?? 0;
      // What the last page did not get an answer for goes out again, under the same cid.
      talk.lines = (unsent ?? []).map((line) => ({ ...line, from: ME, seq: 0, state: "failed", restored: line.state === "sending" }));
      this.open(kind, id, { byHand: false, folded: folded || PHONE.matches });
    }
    this.#count();
  }

  /* -- what the model reports */

  talk(talk) {
    const view = this.windows.get(talk.key);
    if (!view || !talk.shown) return;
    view.draw();
    view.drawTyping();
    view.drawLines();
  }

  typing(talk) {
    this.windows.get(talk.key)?.drawTyping();
  }

  started() {
    if (saved.roster === undefined && !this.model.settled && this.model.settings.minimize_layout) this.openRoster(false, false);
    this.model.settled = true;
    this.settings();
    this.me();
    this.people();
  }

  state() {
    const { state, reason } = this.model.session;
    const labels = { online: "Online", connecting: "Connecting…", reconnecting: "Reconnecting…", offline: "Offline" };
    const chosen = recall().away === true;
    this.node.dataset.state = state;
    this.connection.dataset.state = state;
    this.connection.textContent = labels[state];
    this.notice.hidden = state === "online" || state === "connecting";
    this.goOnline.hidden = state !== "offline";
    this.goOnline.textContent = chosen ? "Go online" : "Reconnect";
    this.reason.textContent = state === "offline" ? reason : "Connection lost, trying again…";
    this.goOffline.hidden = state !== "online";
    this.menu.disabled = this.status.disabled = state !== "online";
    this.me();
    this.people();
    for (const view of this.windows.values()) view.draw();
  }

  me() {
    const { me, online } = this.model;
    this.menu.value = SHOWS[me.show] ? me.show : "available";
    if (document.activeElement !== this.status) this.status.value = me.status ?? "";
    this.meHead.dataset.presence = online && me.show !== "invisible" ? "online" : "offline";
    this.meHead.dataset.show = me.show;
    if (this.pictured !== me.pic_url) fill(this.meFace, [picture(ME, 40, me), h("span", { class: "dot" })]);
    this.pictured = me.pic_url;
  }

  settings() {
    const labels = ["Play a sound", "Keep this list open", "Start folded", "Open a window for a new message"];
    fill(this.options, FLAGS.map((name, index) => {
      const save = () => this.attempt(this.model.saveSettings({ [name]: box.checked }));
      const box = h("input", { type: "checkbox", "data-test": name, onchange: save });
      box.checked = this.model.settings[name];
      return h("label", {}, box, labels[index]);
    }));
  }

  people() {
    const { people } = this.model;
    this.page.showPeople(people);
    this.page.showRooms(this.model);
    const groups = new Map();
    for (const person of people.values()) {
      const group = person.group || "friend";
      groups.set(group, [...(groups.get(group) ?? []), person]);
    }
    const strangers = groups.get("stranger");
    groups.delete("stranger");
    const nodes = [...groups.keys()].sort().flatMap((name) => this.#group(name, groups.get(name)));
    const rooms = [...this.model.rooms.values()].filter((room) => room.joined);
    if (rooms.length > 0) nodes.push(this.#heading("rooms", "Rooms"), ...rooms.map((room) => this.#room(room)));
    if (strangers) nodes.push(...this.#group("stranger", strangers));
    if (nodes.length === 0) nodes.push(h("p", { class: "empty" }, "Nobody here yet. Open a profile to start a chat."));
    fill(this.roll, nodes);
    for (const talk of this.model.shown) this.windows.get(talk.key)?.draw();
  }

  #group(name, people) {
    const online = people.filter((person) => person.presence === "online").length;
    const order = (a, b) => (a.presence === b.presence ? a.nick.localeCompare(b.nick) : a.presence === "online" ? -1 : 1);
    const heading = this.#heading(`group:${name}`, GROUPS[name] ?? name, `${online} of ${people.length}`);
    return [heading, ...people.sort(order).map((person) => this.#buddy(person))];
  }

  #heading(key, text, count = "") {
    const node = this.#kept(key, () => h("h3", {}, h("span", {}), h("small", {})));
    node.firstChild.textContent = text;
    node.lastChild.textContent = count;
    return node;
  }

  #item(test, id, face, onclick) {
    const text = h("span", { class: "row-text" }, h("b", { class: "clip" }), h("small", { class: "clip" }));
    return h("button", { type: "button", class: "roster-item", "data-test": test, "data-id": id, onclick }, face, text);
  }

  #buddy(person) {
    const { id } = person;
    const face = () => h("span", { class: "face" }, picture(id, 32, person), h("span", { class: "dot" }));
    const node = this.#kept(`buddy:${id}`, () => this.#item("buddy", id, face(), () => this.open("unicast", id)));
    node.dataset.presence = person.presence;
    node.dataset.show = person.show ?? "";
    node.querySelector("b").textContent = person.nick;
    node.querySelector("small").textContent = presenceWord(person);
    return node;
  }

  #room(room) {
    const { id } = room;
    const node = this.#kept(`room:${id}`, () => this.#item("room", id, picture(id, 32, room), () => this.open("multicast", id)));
    const [here, all] = this.model.count(room);
    node.querySelector("b").textContent = room.nick ?? this.model.nick(room.id);
    node.querySelector("small").textContent = `${here} of ${all} online${this.model.blocked(room.id) ? " · muted" : ""}`;
    return node;
  }

  /** Entries keep their element, so that one with the keyboard's focus does not lose it to a redraw. */
  #entries = new Map();

  #kept(key, make) {
    if (!this.#entries.has(key)) this.#entries.set(key, make());
    return this.#entries.get(key);
  }
}

/** The page around the bar: whom it mentions, and the dots and buttons on it that are alive. */
class HostPage {
  people = this.#ids("person");
  strangers = this.#ids("stranger");
  nicks = new Map();
  rooms = new Map();

  constructor() {
    for (const { dataset } of document.querySelectorAll("[data-nick]")) {
      this.nicks.set(dataset.person ?? dataset.stranger ?? dataset.room, dataset.nick);
      if (dataset.room) this.rooms.set(dataset.room, { nick: dataset.nick, joined: dataset.joined === "true" });
    }
  }

  #ids(name) {
    return [...new Set([...document.querySelectorAll(`[data-${name}]`)].map((node) => node.dataset[name]))];
  }

  showPeople(people) {
    for (const node of document.querySelectorAll("[data-person], [data-stranger]")) {
      const person = people.get(node.dataset.person ?? node.dataset.stranger);
      node.dataset.presence = person?.presence ?? "offline";
      node.dataset.show = person?.show ?? "";
      for (const word of node.querySelectorAll("[data-presence-word]")) word.textContent = presenceWord(person);
    }
    this.#groupFriends(people);
  }

  /** The page cannot know the groups of a friends list; the chat does. */
  #groupFriends(people) {
    const area = document.querySelector("[data-friend-list]");
    const rows = [...(area?.querySelectorAll("[data-person]") ?? [])];
    const groupOf = (row) => people.get(row.dataset.person)?.group;
    if (rows.length === 0 || !rows.every(groupOf)) return;
    const names = [...new Set(rows.map(groupOf))].sort();
    if (area.dataset.groups === names.join()) return;
    area.dataset.groups = names.join();
    const rowsOf = (name) => h("ul", { class: "rows" }, ...rows.filter((row) => groupOf(row) === name));
    area.replaceChildren(...names.flatMap((name) => [h("h3", {}, GROUPS[name] ?? name), rowsOf(name)]));
  }

  showRooms(model) {
    for (const node of document.querySelectorAll("[data-room]")) {
      const room = model.rooms.get(node.dataset.room);
      if (!room) continue;
      const [here, all] = model.count(room);
      node.dataset.joined = String(room.joined);
      for (const line of node.querySelectorAll("[data-room-count]")) line.textContent = `${here} of ${all} online`;
      for (const join of node.querySelectorAll('[data-action="join-room"]')) join.hidden = room.joined;
      for (const leave of node.querySelectorAll('[data-action="leave-room"]')) leave.hidden = !room.joined;
    }
  }
}

/* ---------------------------------------------------------------- Start */

const page = new HostPage();
const model = new Model(page);
const app = new App(model, page);
model.view = app;
app.restore();
if (saved.away) model.session.stop("You went offline.");
else model.session.start();

document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-chat], [data-action]");
  if (!control) return;
  const room = control.closest("[data-room]")?.dataset.room;
  if (control.dataset.chat) app.open("unicast", control.dataset.chat);
  else if (control.dataset.action === "open-room") app.open("multicast", room);
  else if (control.dataset.action === "join-room") app.attempt(model.join(room));
  else if (control.dataset.action === "leave-room") app.attempt(model.leave(room));
});

document.addEventListener("pointerdown", (event) => {
  const outside = !app.node.contains(event.target);
  if (outside && app.rosterOpen && (PHONE.matches || !model.settings.buddy_sticky)) app.openRoster(false);
});

addEventListener("resize", () => app.fit());
addEventListener("focus", () => model.shown.filter((talk) => !talk.folded).forEach((talk) => app.read(talk)));

// The server keeps the member online for a moment after this, so that moving to the next page is no departure.
addEventListener("pagehide", () => {
  app.keep();
  const { ticket } = model.session;
  if (ticket) navigator.sendBeacon("/webim/refresh", new URLSearchParams({ ticket }));
  remember({ ticket });
  model.session.stop("");
});

// A page that comes back from the browser's cache has lost its session on the way out.
addEventListener("pageshow", (event) => {
  if (event.persisted && !recall().away) model.session.start();
});
