/*
 * What the browser tests stand on: a real server in a folder of its own, Debian's Chromium, and members who do what
 * people do. Everything waits for conditions; nothing waits for time to pass.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BINARY = path.resolve(process.env.NEXTIM_BINARY ?? path.join(ROOT, "target/debug/nextim"));
const CHROMIUM = process.env.NEXTIM_CHROMIUM ?? "/usr/bin/chromium";
// A folder with demo.js and demo.css to use instead of those in the binary: to try a change, or to break something.
const ASSETS = process.env.NEXTIM_ASSETS;
const PATIENCE = 30_000;
const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
// Shorter than those of a real server, so that nobody has to wait for a departure; long enough for a slow reload.
const GRACES = { NEXTIM_STREAM__SESSION_GRACE_MS: "3000", NEXTIM_STREAM__USER_GRACE_MS: "3000" };

let shared;
const launched = () => (shared ??= chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS }));
export const endBrowser = async () => (await shared)?.close();

/** Polls `look` until `right` holds for what it gives, and gives that. */
export async function until(what, look, right = Boolean) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const seen = await look();
    if (right(seen)) return seen;
    if (Date.now() > end) throw new Error(`${what}: waited in vain, last seen ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The real binary. Only processes started here are ended, each by its own handle. */
class Server {
  #process = null;
  #log = "";
  address = "";

  constructor(data, environment) {
    this.data = data;
    this.environment = environment;
  }

  async start() {
    const listen = this.address ? new URL(this.address).host : "127.0.0.1:0";
    const env = { ...process.env, NEXTIM_SERVER__DEMONSTRATION: "true", ...this.environment };
    // In its own folder: a nextim.toml of whoever runs the tests says nothing here.
    this.#process = spawn(BINARY, ["serve", "--listen", listen, "--data", path.join(this.data, "store")], { env, cwd: this.data });
    const child = this.#process;
    this.exit = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
    child.stderr.setEncoding("utf8").on("data", (text) => (this.#log += text));
    this.address = await new Promise((resolve, reject) => {
      let said = "";
      const failed = (why) => reject(new Error(`the server did not start: ${why}\n${this.#log}`));
      child.stdout.setEncoding("utf8").on("data", (text) => {
        said += text;
        const address = /listening on (http:\S+)\n/.exec(said)?.[1];
        if (address) resolve(address);
      });
      child.once("error", (error) => failed(`${BINARY}: ${error.message}`));
      child.once("exit", (code, signal) => failed(`it ended with ${code ?? signal}`));
    });
  }

  /** As a power cut would: no signal handler, no last words. */
  async kill() {
    this.#process.kill("SIGKILL");
    await this.exit;
  }

  /** In order, which must work however the pages are left. */
  async stop() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), PATIENCE);
    const { code, signal } = await this.exit;
    clearTimeout(timer);
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `the server did not stop in order\n${this.#log}`);
    assert.doesNotMatch(this.#log, /panicked/, "the server panicked");
  }
}

/** One server and the browsers that look at it. */
export class Site {
  trouble = [];
  outage = false; // while the server is down on purpose, failed requests are no trouble
  #contexts = [];

  static async open({ environment = GRACES } = {}) {
    const data = await mkdtemp(path.join(tmpdir(), "nextim-browser-"));
    const site = new Site();
    site.data = data;
    site.server = new Server(data, environment);
    await site.server.start();
    return site;
  }

  /** A browser of its own: nothing is shared with the others. */
  async context(options = {}) {
    const browser = await launched();
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", ...options });
    context.setDefaultTimeout(PATIENCE);
    context.on("page", (page) => this.#guard(page));
    if (ASSETS) {
      await context.route("**/demo/assets/*.*s", async (route) => {
        const file = path.join(ASSETS, path.basename(new URL(route.request().url()).pathname));
        await route.fulfill({ body: await readFile(file), contentType: file.endsWith("css") ? "text/css" : "text/javascript" });
      });
    }
    this.#contexts.push(context);
    return context;
  }

  /** Whatever the browser complains about fails the test: errors, refused connections, violations of the page's policy. */
  #guard(page) {
    page.on("pageerror", (error) => this.trouble.push(`${page.url()}: ${error.stack ?? error}`));
    page.on("console", (message) => {
      const text = message.text();
      const expected = this.outage && /^Failed to load resource: net::ERR_/.test(text);
      if (message.type() === "error" && !expected) this.trouble.push(`${page.url()}: ${text} (${message.location().url})`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.trouble.push(`${response.status()} ${response.url()}`);
    });
  }

  /** Signs a member in, the way the first page does, and waits until their chat is online. */
  async member(id, { context, at = "" } = {}) {
    const page = await (context ?? (await this.context())).newPage();
    const member = new Member(page, id, this.server);
    await page.goto(`${this.server.address}demo/as/${id}`);
    if (at) await member.visit(at);
    await member.online();
    return member;
  }

  async close() {
    for (const context of this.#contexts) await context.close();
    try {
      await this.server.stop();
    } finally {
      await rm(this.data, { recursive: true, force: true });
    }
  }
}

/** A person at a page. Friends are named by id, rooms as `#id`. */
export class Member {
  /** Every ticket this tab has polled with. */
  tickets = new Set();

  constructor(page, id, server) {
    Object.assign(this, { page, id, server });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.pathname.endsWith("/packets")) this.tickets.add(url.searchParams.get("ticket"));
    });
  }

  async visit(path) {
    await this.page.goto(`${this.server.address}demo/${this.id}/${path}`);
  }

  async reload() {
    await this.page.reload();
    await this.online();
  }

  online() {
    return this.connection("online");
  }

  async connection(state) {
    await this.page.locator(`[data-test="connection"][data-state="${state}"]`).waitFor();
  }

  /** An entry of the list in the bar. */
  entry(whom) {
    const [test, id] = whom.startsWith("#") ? ["room", whom.slice(1)] : ["buddy", whom];
    return this.page.locator(`[data-test="${test}"][data-id="${id}"]`);
  }

  /** Waits until the list shows a friend, or a room's count, like this. */
  async sees(whom, text) {
    await until(`${this.id} sees ${whom}`, () => this.entry(whom).locator("small").textContent(), (seen) => seen === text);
  }

  window(whom) {
    const [kind, id] = whom.startsWith("#") ? ["multicast", whom.slice(1)] : ["unicast", whom];
    return this.page.locator(`[data-test="window"][data-kind="${kind}"][data-id="${id}"]`);
  }

  async open(whom) {
    await this.entry(whom).click();
    await this.window(whom).waitFor();
  }

  input(whom) {
    return this.window(whom).locator('[data-test="input"]');
  }

  /** Writes a line, without waiting for what becomes of it. */
  async write(whom, text) {
    await this.input(whom).fill(text);
    await this.input(whom).press("Enter");
  }

  /** Writes a line and waits until the server has it. */
  async say(whom, text) {
    await this.write(whom, text);
    await this.hears(whom, this.id, text);
  }

  /** The lines of a window: who, what, and how far it got. */
  lines(whom) {
    return this.window(whom).evaluateAll(([window]) =>
      [...(window?.querySelectorAll('[data-test="message"]') ?? [])].map((line) => ({
        from: line.dataset.from,
        state: line.dataset.state,
        text: line.querySelector('[data-test="body"]').textContent,
      })),
    );
  }

  /** Waits for a line; it must be there once. */
  async hears(whom, from, text) {
    const of = (lines) => lines.filter((line) => line.from === from && line.text === text && /sent|received/.test(line.state));
    const lines = await until(`${this.id} reads "${text}" by ${from}`, () => this.lines(whom), (seen) => of(seen).length > 0);
    assert.equal(of(lines).length, 1, `${this.id} has "${text}" more than once`);
  }

  /** What a window says, by these, in order. */
  async texts(whom) {
    return (await this.lines(whom)).map(({ from, text }) => `${from}: ${text}`);
  }

  /** Collects every change of what this page shows of a friend, until asked. */
  async watch(whom) {
    await this.entry(whom).evaluate((node) => {
      window.changes = [node.dataset.presence];
      new MutationObserver(() => {
        if (window.changes.at(-1) !== node.dataset.presence) window.changes.push(node.dataset.presence);
      }).observe(node, { attributes: true });
    });
    return () => this.page.evaluate(() => window.changes);
  }

  async choose(show, status) {
    await this.page.locator('[data-test="presence-menu"]').selectOption(show);
    if (status === undefined) return;
    await this.page.locator('[data-test="status"]').fill(status);
    await this.page.locator('[data-test="status"]').press("Enter");
  }

  async goOffline() {
    await this.page.locator('[data-test="go-offline"]').click();
    await this.connection("offline");
  }

  async goOnline() {
    await this.page.locator('[data-test="go-online"]').click();
    await this.online();
  }

  /** Asks the server as this tab does. */
  ask(name, fields) {
    const [ticket] = [...this.tickets].slice(-1);
    return this.page.evaluate(async ([name, form]) => {
      const answer = await fetch(`/webim/${name}?${new URLSearchParams(form)}`);
      return answer.json();
    }, [name, { ...fields, ticket }]);
  }
}
