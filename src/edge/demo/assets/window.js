/* View: one conversation. */

import { ME } from "./client.js";
import { button, clock, dayName, fill, h, icon, linked, picture, presenceWord, roomWord } from "./parts.js";

const HOME = `/demo/${encodeURIComponent(ME)}`;

export class ChatWindow {
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
    this.#toEnd();
  }

  #drawDrawer() {
    const { talk, app, model } = this;
    const room = model.entry("multicast", talk.id);
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
      parts.push(room.joined === false
        ? button("Join", { class: "link-button", onclick: () => app.attempt(model.join(talk.id)) })
        : button("Leave", { class: "link-button", onclick: () => app.attempt(model.leave(talk.id)) }));
    }
    const people = (talk.kind === "multicast" ? room.members : []).map(({ id, nick }) => {
      const face = h("span", { class: "face" }, picture(id, 22, model.entry("unicast", id)), h("span", { class: "dot" }));
      return h("li", { class: "member", "data-presence": "online" }, face, id === ME ? "You" : nick);
    });
    const actions = h("div", { class: "drawer-actions" }, ...parts, clear);
    fill(this.drawer, people.length > 0 ? [actions, h("ul", { class: "members" }, ...people)] : [actions]);
  }

  /** Everything around the log. */
  draw() {
    const { talk, model } = this;
    const single = talk.kind === "unicast";
    const entry = model.entry(talk.kind, talk.id);
    const nick = entry.nick ?? model.nick(talk.id);
    const muted = !single && model.blocked(talk.id) ? " · muted" : "";
    this.name.textContent = nick;
    this.sub.textContent = single ? presenceWord(entry) : `${roomWord(entry)}${muted}`;
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
    if (nodes.length === 0) nodes.push((this.empty ??= h("p", { class: "empty" }, "Nothing said here yet.")));
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
      ...(own ? [] : [picture(line.from, 26, this.model.entry("unicast", line.from))]),
      h("div", { class: "line-main" },
        h("small", { class: this.talk.kind === "multicast" && !own ? "line-nick" : "line-nick unseen" }, nick),
        h("p", { class: "bubble", "data-test": "body", dir: "auto" }, ...linked(line.body)),
        meta));
    return { node, meta };
  }
}
