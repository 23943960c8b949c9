// Everything together, in a browser ($CHROMIUM, else Debian's): pages with the one script tag, the built widget, the server itself.

import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Server, freePort, hasServer } from "./server.ts";
import { Site } from "./site.ts";

declare const heard: string[];
declare const user: { id: string; isGuest: boolean } | undefined;

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const when = test.runIf(hasServer && existsSync(executablePath));

const server = new Server();
const complaints: string[] = [];
let site: Site;
let browser: Browser;

beforeAll(async () => {
  if (!hasServer || !existsSync(executablePath)) return;
  const port = await freePort();
  site = new Site(server, port);
  await server.begin("guests=true", `origins=http://localhost:${port}`);
  await site.begin();
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  site?.end();
  await server.end();
});

async function signedIn(member: string | null): Promise<BrowserContext> {
  const context = await browser.newContext();
  if (member !== null) await context.addCookies([{ name: "member", value: member, url: site.address }]);
  return context;
}

async function openPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedScript/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(site.address);
  await isReady(page);
  return page;
}

const isReady = (page: Page) => page.waitForFunction(() => user !== undefined, null, { polling: 50 });

async function say(page: Page, text: string): Promise<void> {
  const composer = page.locator("nextim-bar textarea").first();
  await composer.fill(text);
  await composer.press("Enter");
}

async function hears(page: Page, ...bodies: string[]): Promise<void> {
  await page.waitForFunction((count) => heard.length >= count, bodies.length, { polling: 50, timeout: 40_000 });
  expect(await page.evaluate(() => heard)).toEqual(bodies);
}

when("two members talk over a reload, a killed server and a closed tab", { timeout: 120_000 }, async () => {
  const bob = await openPage(await signedIn("bob"));
  const ann = await signedIn("ann");
  const first = await openPage(ann);
  await first.waitForSelector("[data-nextim-presence=available]");
  await first.click("[data-nextim-chat]");
  await say(first, "hello");
  await hears(bob, "hello");

  // The second tab has the window, too, and no connection of its own.
  const second = await openPage(ann);
  await second.locator("nextim-bar textarea").waitFor();

  await server.kill();
  await say(first, "while nobody hears");
  await first.reload();
  await server.start();
  await hears(bob, "hello", "while nobody hears");
  await isReady(first);

  await second.close();
  await say(bob, "and back");
  await hears(first, "and back");
  expect(await first.evaluate(() => Object.keys(window).filter((name) => /nextim/i.test(name)))).toEqual(["NextIM"]);
  expect(complaints).toEqual([]);
});

when("a visitor asks, signs in on the site, and is a member", { timeout: 60_000 }, async () => {
  const bob = await openPage(await signedIn("bob"));
  const context = await signedIn(null);
  const page = await openPage(context);
  expect(await page.evaluate(() => user?.isGuest)).toBe(true);
  await page.click("[data-nextim-chat]");
  await say(page, "may I ask?");
  await bob.waitForFunction(() => heard.includes("may I ask?"), null, { polling: 50 });
  await context.addCookies([{ name: "member", value: "ida", url: site.address }]);
  await page.evaluate(() => window.NextIM?.identify({ tokenUrl: "/token" }));
  await page.waitForFunction(() => user?.id === "ida", null, { polling: 50 });
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
  await page.evaluate(() => window.NextIM?.logout());
  await page.waitForFunction(() => Object.keys(sessionStorage).every((name) => !name.endsWith(":tab")), null, { polling: 50 });
  await page.evaluate(() => window.NextIM?.destroy());
  expect(await page.locator("nextim-bar").count()).toBe(0);
  expect(complaints).toEqual([]);
});
