/* What the tests of the examples stand on: Debian's Chromium, and the program that is tested. */

import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { PATIENCE } from "./until.mjs";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const BINARY = path.resolve(process.env.NEXTIM_BINARY ?? path.join(ROOT, "target/debug/nextim"));
const CHROMIUM = process.env.NEXTIM_CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

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
