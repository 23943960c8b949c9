// Goes through every scene of the gallery in a real browser: pictures of each, axe-core in each, and no breach of the page's policy.
// `node gallery/look.mjs FOLDER [SCENE...]` writes pictures and says what is wrong; `CHROMIUM` names the browser.

import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serveGallery } from "./serve.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DESKTOP = { width: 1180, height: 720 };
const PHONE = { width: 390, height: 760 };

/** Ways in which each scene is looked at. */
export const WAYS = [
  { name: "light", viewport: DESKTOP, theme: "light" },
  { name: "dark", viewport: DESKTOP, theme: "dark" },
  { name: "phone", viewport: PHONE, theme: "light", isPhone: true },
  { name: "phone-dark", viewport: PHONE, theme: "dark", isPhone: true },
  { name: "rtl", viewport: DESKTOP, theme: "light", locale: "ar" },
];

/** Draws a scene and presses what it wants pressed. */
async function draw(page, address, name, scene, way) {
  const query = new URLSearchParams({ scene: name, theme: way.theme, locale: way.locale ?? "en", still: "" });
  await page.goto(`${address}?${query}`);
  await page.locator(".nextim").waitFor({ state: "attached" });
  for (const step of scene.press ?? []) {
    const [what, label, text] = step.split(":");
    if (what === "choice" && label !== undefined) await page.locator(".choice").nth(Number(label)).click();
    else if (what === "type" && text !== undefined) await page.getByRole("textbox", { name: label }).fill(text);
    else await (await buttonOf(page, step)).click();
  }
  await page.waitForFunction(() => document.getAnimations().every(({ effect }) => effect.getTiming().iterations === Infinity));
  await page.waitForTimeout(250);
}

/** The first button of a name, whatever marks of direction stand within it. */
async function buttonOf(page, name) {
  for (const button of await page.locator("button").all()) {
    const words = (await button.getAttribute("aria-label")) ?? (await button.textContent());
    if (words?.replace(/[\u2066-\u2069]/g, "").trim() === name) return button;
  }
  throw new Error(`there is no button “${name}”`);
}

/** What axe-core finds, and what the page's policy or a script complained of, as lines of text. */
async function faults(page, complaints) {
  await page.evaluate(AXE).catch(() => undefined);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, any }) => `${target.flat().join(" ")} (${any[0]?.message ?? ""})`).join("; ")}`);
  });
  return [...found, ...complaints];
}

/** Looks at `names` (all, if empty); pictures go into `folder` unless it is null. Gives one line for each fault. */
export async function look(folder, names = [], ways = WAYS) {
  const { scenes } = await scenesOf();
  const gallery = await serveGallery();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const lines = [];
  if (folder !== null) await mkdir(folder, { recursive: true });
  for (const way of ways) {
    const context = await browser.newContext({ viewport: way.viewport, deviceScaleFactor: 1.5, hasTouch: way.isPhone === true, colorScheme: way.theme, bypassCSP: false, reducedMotion: "reduce" });
    const page = await context.newPage();
    page.setDefaultTimeout(5000);
    let complaints = [];
    page.on("console", (said) => said.type() === "error" && complaints.push(said.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    for (const [name, scene] of Object.entries(scenes)) {
      if (names.length > 0 && !names.includes(name)) continue;
      if (scene.on !== undefined && (scene.on === "phone") !== (way.isPhone === true)) continue;
      complaints = [];
      try {
        await draw(page, gallery.address, name, scene, way);
        if (folder !== null) await page.screenshot({ path: `${folder}/${name}.${way.name}.png` });
        for (const line of await faults(page, complaints)) lines.push(`${name} ${way.name}: ${line}`);
      } catch (error) {
        lines.push(`${name} ${way.name}: ${error}`);
      }
    }
    await context.close();
  }
  await browser.close();
  gallery.stop();
  return lines;
}

/** The scenes are TypeScript: they come through the same build. */
async function scenesOf() {
  const { build } = await import("esbuild");
  const built = await build({ entryPoints: [fileURLToPath(new URL("states.ts", import.meta.url))], bundle: true, format: "esm", write: false });
  const { SCENES } = await import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].text).toString("base64")}`);
  return { scenes: SCENES };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, ...names] = process.argv.slice(2);
  const lines = await look(folder ?? null, names);
  for (const line of lines) console.log(line);
  console.log(lines.length === 0 ? "Nothing is wrong." : `${lines.length} faults`);
  process.exitCode = lines.length === 0 ? 0 : 1;
}
