// The gallery in a real browser, for tests of how views behave. `CHROMIUM` names the browser.

import { existsSync } from "node:fs";
import { type Browser, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { State } from "../../src/model/state.ts";
import { serveGallery } from "../../gallery/serve.mjs";

export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const hasBrowser = existsSync(CHROMIUM);
export const PHONE = { width: 390, height: 760 };

/** What the gallery's page has for tests. */
export interface Gallery {
  readonly store: { get(): State };
  readonly commands: readonly (readonly [string, readonly unknown[]])[];
  readonly set: (more: Partial<State>) => void;
  readonly unmount: () => void;
}

/** Opens scenes; what a page complained of fails the test. */
export function useGallery() {
  let browser: Browser;
  let gallery: { address: string; stop: () => void };
  let page: Page | null = null;
  let complaints: string[] = [];
  beforeAll(async () => {
    gallery = await serveGallery();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  }, 60_000);
  afterEach(async () => {
    await page?.close();
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    gallery.stop();
  });
  return async function open(scene: string, viewport = { width: 1180, height: 720 }): Promise<Page> {
    complaints = [];
    page = await browser.newPage({ viewport, reducedMotion: "reduce" });
    page.setDefaultTimeout(8000);
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (said) => said.type() === "error" && complaints.push(said.text()));
    await page.goto(`${gallery.address}?scene=${scene}&still=&theme=light`);
    await page.locator(".nextim").waitFor({ state: "attached" });
    return page;
  };
}

/** Commands of one name that the views have called. */
export async function called(page: Page, name: string): Promise<readonly (readonly unknown[])[]> {
  const all = await page.evaluate(() => (globalThis as unknown as { gallery: Gallery }).gallery.commands.map(([name, values]) => [name, [...values]] as const));
  return all.filter(([one]) => one === name).map(([, values]) => values);
}

/** What has the focus within the chat: its label, else its text or tag. */
export async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement?.shadowRoot?.activeElement;
    return element?.getAttribute("aria-label") ?? element?.getAttribute("data-row") ?? element?.textContent ?? "";
  });
}
