// A website for tests: a page with the one script tag under a strict content security policy, an address of tokens for whoever its
// cookie says is signed in, and the built widget.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { SITE, type Server } from "./server.ts";

const WIDGET = join(import.meta.dirname, "../..");

/** The page's own script: it listens before NextIM is there, and belongs to a library that teaches texts a `toJSON`. */
const PAGE_SCRIPT = `
window.heard = [];
window.user = undefined;
window.NextIM = window.NextIM || [];
NextIM.push(["on", "message", ({ body }) => heard.push(body)], ["on", "ready", ({ user }) => { window.user = user; }]);
Array.prototype.toJSON = String.prototype.toJSON = () => "taught";
`;

export class Site {
  readonly #built = mkdtempSync(join(tmpdir(), "nextim-built-"));
  readonly #http: HttpServer = createServer((request, response) => this.#answer(request, response));

  constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  get address(): string {
    return `http://localhost:${this.port}`;
  }

  async begin(): Promise<void> {
    execFileSync("node", [join(WIDGET, "build.mjs"), this.#built]);
    await new Promise<void>((listening) => this.#http.listen(this.port, listening));
  }

  end(): void {
    this.#http.close();
    rmSync(this.#built, { recursive: true, force: true });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? "/", this.address).pathname;
    if (path === "/") return void this.#page(response);
    if (path === "/token") return void this.#token(request, response);
    const file = join(this.#built, basename(path));
    const body = path === "/page.js" ? PAGE_SCRIPT : existsSync(file) ? readFileSync(file) : null;
    response.writeHead(body === null ? 204 : 200, { "content-type": path.endsWith(".js") ? "text/javascript; charset=utf-8" : "application/json" });
    response.end(body ?? undefined);
  }

  #page(response: ServerResponse): void {
    const socket = this.server.address.replace("http", "ws");
    const policy = `default-src 'none'; script-src 'self'; connect-src 'self' ${this.server.address} ${socket}; require-trusted-types-for 'script'; trusted-types nextim`;
    response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy });
    response.end(`<!doctype html><html lang="en"><title>A site</title><body>
      <button data-nextim-chat="bob">Bob</button><script src="/page.js"></script>
      <script async src="/nextim.js" data-site="${SITE}" data-token-url="/token" data-server="${this.server.address}"></script>`);
  }

  #token(request: IncomingMessage, response: ServerResponse): void {
    const who = /member=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
    response.writeHead(who === undefined ? 401 : 200, { "cache-control": "no-store" });
    response.end(who === undefined ? undefined : this.server.token(who));
  }
}
