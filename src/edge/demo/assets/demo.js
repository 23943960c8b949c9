/*
 * The chat of Harbour: a bar docked to the page, written against nothing but the protocol's own endpoints.
 *
 * "client.js" speaks the protocol and knows no conversation; "model.js" knows people, rooms and conversations and no
 * element; "window.js" draws one conversation, and this file the bar around them and the page around the bar.
 */

import { ME, Refused, recall, remember, saved } from "./client.js";
import { FLAGS, Model, isUnsent } from "./model.js";
import { SHOWS, button, chime, fill, h, icon, picture, presenceWord, roomWord } from "./parts.js";
import { ChatWindow } from "./window.js";

const PHONE = matchMedia("(max-width: 640px)");
const ROOMY = 1000; // from here on there is room for the list beside windows
const GROUPS = { friend: "Friends", stranger: "Not friends yet" };

class App {
  windows = new Map();
  #uses = 0;

  constructor(model, page) {
    this.model = model;
    this.page = page;
    this.title = document.title;
    this.rosterOpen = !PHONE.matches && (saved.roster ?? innerWidth >= ROOMY);
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
    if (byHand && (innerWidth < ROOMY || !this.model.settings.buddy_sticky)) this.openRoster(false);
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
    const tabs = shown.filter((talk) => talk.folded).length * 92; // a tab shrinks that far
    const most = PHONE.matches ? 1 : Math.max(1, Math.floor((room - tabs) / 312));
    const open = shown.filter((talk) => !talk.folded).sort((a, b) => b.used - a.used);
    for (const talk of open.slice(most)) talk.folded = true;
    this.node.classList.toggle("sheet", PHONE.matches && (this.rosterOpen || open.length > 0));
    for (const talk of shown) this.windows.get(talk.key)?.draw();
  }

  /** Whoever touches an open window has read it. A tab must not: its number would go, and the tab move from under the finger. */
  read(talk) {
    if (talk.unread === 0 || talk.folded) return;
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
      const unsent = lines.filter(isUnsent);
      return { kind, id, folded, draft, unread, unsent: unsent.map(({ cid, body, timestamp, lost }) => ({ cid, body, timestamp, lost })) };
    });
    remember({ windows });
  }

  restore() {
    for (const { kind, id, folded, draft, unread, unsent } of saved.windows ?? []) {
      const talk = this.model.talk(kind, id);
      talk.draft = draft ?? "";
      talk.unread = unread ?? 0;
      // What the last page did not get an answer for goes out again, under the same cid.
      talk.lines = (unsent ?? []).map((line) => ({ ...line, from: ME, seq: 0, state: "failed" }));
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
    if (this.model.session.state === "online") this.connection.textContent = me.show === "invisible" ? "Invisible" : "Online";
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
    node.querySelector("b").textContent = room.nick ?? this.model.nick(id);
    node.querySelector("small").textContent = `${roomWord(room)}${this.model.blocked(id) ? " · muted" : ""}`;
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
      node.dataset.joined = String(room.joined);
      for (const line of node.querySelectorAll("[data-room-count]")) line.textContent = roomWord(room);
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
