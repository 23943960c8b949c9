/*
 * What the browser tests stand on: a real server in a folder of its own, Debian's Chromium, and members who do what
 * people do. Everything waits for conditions; nothing waits for time to pass.
 */

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { Member } from "./member.mjs";
import { PATIENCE } from "./until.mjs";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const BINARY = path.resolve(process.env.NEXTIM_BINARY ?? path.join(ROOT, "target/debug/nextim"));
const CHROMIUM = process.env.NEXTIM_CHROMIUM ?? "/usr/bin/chromium";
// A folder with demo.js and demo.css to use instead of those in the binary, to try a change.
const ASSETS = process.env.NEXTIM_ASSETS;
const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
// Shorter than those of a real server, so that nobody has to wait for a departure; long enough for a slow reload.
const GRACES = { NEXTIM_STREAM__SESSION_GRACE_MS: "3000", NEXTIM_STREAM__USER_GRACE_MS: "3000" };

let shared;
const launched = () => (shared ??= chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS }));
export const endBrowser = async () => (await shared)?.close();

/** A browser of its own: nothing is shared with the others. */
export async function browserContext(options = {}) {
  const browser = await launched();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", ...options });
  context.setDefaultTimeout(PATIENCE);
  return context;
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

  /** A command of the same program, about the same data. */
  async command(...words) {
    const { stdout } = await promisify(execFile)(BINARY, [...words, "--data", path.join(this.data, "store")], { cwd: this.data });
    return stdout;
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
  #hosts = [];

  static async open({ environment = GRACES } = {}) {
    const data = await mkdtemp(path.join(tmpdir(), "nextim-browser-"));
    const site = new Site();
    site.data = data;
    site.server = new Server(data, environment);
    await site.server.start();
    return site;
  }

  /** A browser of its own, whose complaints are heard. */
  async context(options = {}) {
    const context = await browserContext(options);
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
      const expected = this.outage && /^(Failed to load resource: net::ERR_|WebSocket connection to )/.test(text);
      if (message.type() === "error" && !expected) this.trouble.push(`${page.url()}: ${text} (${message.location().url})`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.trouble.push(`${response.status()} ${response.url()}`);
    });
  }

  /** Another site's web server, with one page and whatever else it is asked for; gives the page's address. */
  async host(page, headers = {}) {
    const server = createServer((request, response) => {
      const isPicture = request.url.endsWith(".svg") || request.url.endsWith(".ico");
      response.writeHead(200, isPicture ? { "content-type": "image/svg+xml" } : { "content-type": "text/html; charset=utf-8", ...headers });
      response.end(isPicture ? '<svg xmlns="http://www.w3.org/2000/svg"/>' : page());
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#hosts.push(server);
    return `http://127.0.0.1:${server.address().port}/`;
  }

  /** A sign-in token, as the backend of the demonstration's site makes them. */
  async token(id) {
    const page = await (await fetch(`${this.server.address}demo/${id}/`)).text();
    return /data-token="([^"]+)"/.exec(page)[1];
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
    for (const server of this.#hosts) {
      server.closeAllConnections();
      server.close();
    }
    try {
      await this.server.stop();
    } finally {
      await rm(this.data, { recursive: true, force: true });
    }
  }
}
