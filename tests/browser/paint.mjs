/*
 * What the chat bar's tag costs a page: `node paint.mjs [RUNS]`, with NEXTIM_BINARY and NEXTIM_CHROMIUM as for the tests. The same page is
 * loaded with and without the tag by turns, each time by a browser that has nothing kept, and the medians are compared. docs/performance.md has
 * the figures.
 */

import { execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { BINARY } from "./harness.mjs";

const RUNS = Number(process.argv[2] ?? 15);
const data = path.join(await mkdtemp(path.join(tmpdir(), "nextim-paint-")), "data");
const nextim = async (...words) => (await promisify(execFile)(BINARY, [...words, "--data", data])).stdout;

const words = "Calm water until noon. The boathouse is open until nine. ".repeat(40);
const article = Array.from({ length: 12 }, (_, at) => `<h2>Part ${at + 1}</h2><p>${words}</p>`).join("");
let tag = "";
const pages = createServer((request, response) => {
  const isPage = request.url.startsWith("/with"); // and "/without"
  response.writeHead(isPage ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
  const bar = request.url === "/with" ? tag : "";
  response.end(isPage ? `<!doctype html><html lang="en"><title>Harbour</title><body>${bar}<h1>Notice board</h1>${article}</body></html>` : "");
});
await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${pages.address().port}`;
const site = JSON.parse(await nextim("site", "add", "paint.example", `origins=${origin}`, "--json"));
const server = spawn(BINARY, ["serve", "--listen", "127.0.0.1:0", "--data", data], { stdio: ["ignore", "pipe", "ignore"] });
const address = await new Promise((resolve) => {
  let said = "";
  server.stdout.setEncoding("utf8").on("data", (text) => {
    const found = /listening on (\S+)\//.exec((said += text));
    if (found) resolve(found[1]);
  });
});
const token = `7.${createHmac("sha256", site.token_secret).update("7").digest("hex")}`;
tag = `<script async src="${address}/nextim.js" data-site="${site.public_key}" data-token="${token}"></script>`;

const browser = await chromium.launch({ executablePath: process.env.NEXTIM_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** One load: first paint, the largest paint, how long tasks blocked the page, and how far its words moved. */
async function load(at) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.seen = { largest: 0, blocked: 0, shifted: 0 };
    const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
    watch("largest-contentful-paint", (entry) => (globalThis.seen.largest = entry.startTime));
    watch("longtask", (entry) => (globalThis.seen.blocked += Math.max(0, entry.duration - 50)));
    watch("layout-shift", (entry) => (globalThis.seen.shifted += entry.value));
  });
  await page.goto(`${origin}${at}`);
  if (at === "/with") await page.locator("nextim-bar").locator("[data-launcher]").waitFor();
  await page.waitForTimeout(500); // what comes late counts, too
  const seen = await page.evaluate(() => ({
    first: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    bytes: performance.getEntriesByType("resource").reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    ...globalThis.seen,
  }));
  await context.close();
  return seen;
}

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
const runs = { "/without": [], "/with": [] };
try {
  await load("/with");
  for (let run = 0; run < RUNS; run += 1) for (const at of Object.keys(runs)) runs[at].push(await load(at));
  for (const [at, seen] of Object.entries(runs)) {
    const of = (name) => median(seen.map((one) => one[name]));
    console.log(
      `${at.slice(1).padEnd(8)} first paint ${of("first").toFixed(0)} ms, largest ${of("largest").toFixed(0)} ms, ` +
        `blocked ${of("blocked").toFixed(0)} ms, shifted ${of("shifted").toFixed(3)}, loaded beside the page ${of("bytes")} B`,
    );
  }
} finally {
  await browser.close();
  pages.close();
  server.kill("SIGTERM");
  await rm(path.dirname(data), { recursive: true, force: true });
}
