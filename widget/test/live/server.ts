// The server itself for tests: the binary of $NEXTIM_BINARY, else the one that cargo has built, on a free port with a folder of its own.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BINARY = process.env.NEXTIM_BINARY ?? join(import.meta.dirname, "../../../target/debug/nextim");

/** Whether there is a server to test with. */
export const hasServer = existsSync(BINARY);

export const SITE = "example.com";

export class Server {
  readonly #data = mkdtempSync(join(tmpdir(), "nextim-widget-"));
  #port = 0;
  #secret = "";
  #process: ChildProcess | null = null;

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Makes the site, and serves. */
  async begin(...settings: string[]): Promise<void> {
    if (!hasServer) return;
    const made = execFileSync(BINARY, ["site", "add", SITE, ...settings, "--data", this.#data, "--json"], { encoding: "utf8" });
    this.#secret = (JSON.parse(made) as { token_secret: string }).token_secret;
    this.#port = await freePort();
    await this.start();
  }

  async start(): Promise<void> {
    // Its own environment: what is set for whoever runs the tests does not count.
    const env = { PATH: process.env.PATH, NEXTIM_SERVER__ADMIN_LISTEN: "off" };
    const listen = `127.0.0.1:${this.#port}`;
    const child = spawn(BINARY, ["serve", "--listen", listen, "--data", this.#data], { env, stdio: ["ignore", "pipe", "ignore"] });
    this.#process = child;
    await new Promise<void>((listening, failed) => {
      child.stdout?.once("data", () => listening());
      child.once("exit", (code) => failed(new Error(`the server ended with ${code}`)));
    });
  }

  /** In the middle of whatever it does. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null) return;
    const gone = new Promise((exited) => child.once("exit", exited));
    child.kill("SIGKILL");
    await gone;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#data, { recursive: true, force: true });
  }

  /** An easy token. */
  token(id: string): string {
    return `${id}.${createHmac("sha256", this.#secret).update(id).digest("hex")}`;
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  return typeof address === "object" && address !== null ? address.port : 0;
}
