/*
 * A person with the chat bar: what they see of it and what they do with it, by the roles and labels that a screen reader has. The
 * locators reach through its shadow root.
 */

import assert from "node:assert/strict";
import { until } from "./until.mjs";

/** Ids of the demonstration's members by the names that the bar shows. */
const IDS = {
  "Susan Vale": "susan", "Jack Moreno": "jack", "Mary Okafor": "mary", "Josh Lindqvist": "josh", "Lee Wen": "lee", "Nora Haddad": "nora",
};

/** Friends are named by id, rooms as `#id`. */
const keyOf = (whom) => (whom.startsWith("#") ? `r:${whom.slice(1)}` : `p:${whom}`);

export class Member {
  /** Every ticket this tab has called with. */
  tickets = new Set();
  /** Calls of the server that opened a session. */
  onlines = 0;
  /** Streams of this tab that are open now. */
  sockets = new Set();

  constructor(page, id, server) {
    Object.assign(this, { page, id, server });
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname === "/webim/online") this.onlines += 1;
      const ticket = pathname.startsWith("/webim/") && new URLSearchParams(request.postData() ?? "").get("ticket");
      if (ticket) this.tickets.add(ticket);
    });
    page.on("websocket", (socket) => {
      this.sockets.add(socket);
      socket.once("close", () => this.sockets.delete(socket));
    });
  }

  async visit(path) {
    await this.page.goto(`${this.server.address}demo/${this.id}/${path}`);
  }

  async reload() {
    await this.page.reload();
    await this.online();
  }

  /** Waits until the page's chat has begun. */
  async online() {
    await this.page.waitForFunction(() => typeof window.NextIM === "function");
    await this.page.evaluate(() => new Promise((ready) => void window.NextIM.on("ready", ready)));
    await this.#sign(":not(.is-unavailable)");
  }

  /** Waits until the bar says that the server is not there. */
  async cut() {
    await this.#sign(".is-unavailable");
  }

  /** Waits until the server is there again. */
  async back() {
    await this.#sign(":not(.is-unavailable)");
  }

  /** The presence in the launcher; a round one, as on phones, has none. */
  async #sign(look) {
    await this.launcher.waitFor();
    const isRound = await this.launcher.evaluate((button) => button.classList.contains("round"));
    if (!isRound) await this.launcher.locator(`.mark .sign${look}`).waitFor();
  }

  get bar() {
    return this.page.locator("nextim-bar");
  }

  get launcher() {
    return this.bar.locator("[data-launcher]");
  }

  get panel() {
    return this.bar.locator('[part="panel"]');
  }

  /** Opens the list of people or rooms. */
  async roster(tab = "People") {
    // One of them is there, as soon as what was there before has gone.
    await this.panel.or(this.launcher).first().waitFor();
    if (!(await this.panel.isVisible())) await this.launcher.click();
    const choice = this.panel.getByRole("tab", { name: tab });
    if ((await choice.getAttribute("aria-selected")) !== "true") await choice.click();
  }

  #listOf(whom) {
    return this.roster(whom.startsWith("#") ? "Rooms" : "People");
  }

  /** An entry of the list. */
  entry(whom) {
    return this.panel.locator(`[data-row="${keyOf(whom)}"]`).last();
  }

  /** Waits until the list shows a friend, or a room's count, like this. */
  async sees(whom, text) {
    await this.#listOf(whom);
    const about = this.entry(whom).locator(".about");
    await until(`${this.id} sees ${whom}`, () => about.textContent(), (seen) => seen.trim() === text);
  }

  window(whom) {
    return this.bar.locator(`section.chat[data-key="${keyOf(whom)}"]`);
  }

  chip(whom) {
    return this.bar.locator(`[data-chip="${keyOf(whom)}"]`);
  }

  async open(whom) {
    await this.#listOf(whom);
    await this.entry(whom).click();
    await this.window(whom).waitFor();
  }

  input(whom) {
    return this.window(whom).getByRole("textbox", { name: /^Message to / });
  }

  /** Writes a line, without waiting for what becomes of it. */
  async write(whom, text) {
    await this.input(whom).fill(text);
    await this.window(whom).getByRole("button", { name: "Send" }).click();
  }

  /** Writes a line and waits until the server has it. */
  async say(whom, text) {
    await this.write(whom, text);
    await this.hears(whom, this.id, text);
  }

  /** Something of a conversation's menu. */
  async menu(whom, name) {
    await this.window(whom).getByRole("button", { name: "More actions" }).click();
    await this.window(whom).getByRole("menuitem", { name }).click();
  }

  /** The lines of a conversation: who, what, and how far it got. */
  lines(whom, place = this.window(whom)) {
    return place.evaluateAll(([window], [me, ids]) =>
      [...(window?.querySelectorAll(".line[data-message]") ?? [])].map((line) => {
        const group = line.closest(".group");
        const name = group.querySelector(".from, .unseen")?.textContent.replace(/: $/, "") ?? "";
        return {
          from: group.classList.contains("mine") ? me : (ids[name] ?? name),
          state: ["sending", "sent", "failed"].find((state) => line.classList.contains(state)),
          text: line.querySelector(".bubble").textContent,
        };
      }),
      [this.id, IDS],
    );
  }

  /** Waits for a line; it must be there once. */
  async hears(whom, from, text, place = undefined) {
    const of = (lines) => lines.filter((line) => line.from === from && line.text === text && line.state === "sent");
    const lines = await until(`${this.id} reads "${text}" by ${from}`, () => this.lines(whom, place), (seen) => of(seen).length > 0);
    assert.equal(of(lines).length, 1, `${this.id} has "${text}" more than once`);
  }

  /** What a window says, by these, in order. */
  async texts(whom) {
    return (await this.lines(whom)).map(({ from, text }) => `${from}: ${text}`);
  }

  /** Collects every change of what this page shows of a friend, until asked. */
  async watch(whom) {
    await this.#listOf(whom);
    await this.entry(whom).evaluate((row) => {
      const shown = () => /is-(\w+)/.exec(row.className)[1];
      window.changes = [shown()];
      new MutationObserver(() => {
        if (window.changes.at(-1) !== shown()) window.changes.push(shown());
      }).observe(row, { attributes: true });
    });
    return () => this.page.evaluate(() => window.changes);
  }

  /** Chooses a presence by its name in the menu, and a line beside it. */
  async choose(show, status) {
    await this.roster();
    if (show !== undefined) {
      await this.panel.getByRole("button", { name: /^Your presence/ }).click();
      await this.panel.getByRole("menuitemradio", { name: new RegExp(`^${show}`) }).click();
    }
    if (status === undefined) return;
    const line = this.panel.getByRole("textbox", { name: "Your status line" });
    await line.fill(status);
    await line.press("Enter");
  }

  async goOffline() {
    await this.choose("Offline");
    await this.panel.getByRole("button", { name: "Sign in to chat" }).waitFor();
  }

  async goOnline() {
    if (!(await this.panel.isVisible())) await this.launcher.click();
    await this.panel.getByRole("button", { name: "Sign in to chat" }).click();
    await this.back();
  }

  /** Asks the server as this tab does. */
  ask(name, fields) {
    const ticket = [...this.tickets].at(-1);
    return this.page.evaluate(async ([name, form]) => {
      const answer = await fetch(`/webim/${name}?${new URLSearchParams(form)}`);
      return answer.json();
    }, [name, { ...fields, ticket }]);
  }
}
