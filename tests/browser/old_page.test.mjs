/*
 * A page of the old browser clients, in a real browser: scripts from another host, through a proxy that loses answers in every
 * way, with a page that loses some itself. Every message is shown exactly once and in order.
 */

import assert from "node:assert/strict";
import http from "node:http";
import { until } from "./until.mjs";
import { scene } from "./scene.mjs";

const FAULTS = ["cut", "throw", "repeat", "lost", "missing", "replaced", "none"];
const options = { environment: { NEXTIM_STREAM__POLL_HOLD_MS: "300" } };

/** The rules of the old clients: one poll at a time, 200 ms after success and after failure; two failures in a row are the end. */
function oldPage({ server, ticket }) {
  Object.assign(window, { shown: [], polls: 0, stopped: false });
  let [failures, name, fault] = [0, null, null];
  // What becomes of the poll under way, or else of the next one.
  window.breakPoll = (kind) => {
    fault = kind;
    if (name && kind === "missing") delete window[name];
    if (name && kind === "replaced") window[name] = undefined;
  };
  const poll = () => {
    name = `jsonp${Date.now()}${(window.polls += 1)}`;
    let answered = false;
    window[name] = (packet) => {
      if (fault === "throw") throw new Error("on purpose");
      answered = Boolean(packet?.status);
      window.shown.push(...packet.messages.map((message) => message.body));
    };
    if (fault) window.breakPoll(fault);
    const script = document.createElement("script");
    const done = () => {
      script.remove();
      delete window[name];
      [name, fault] = [null, null];
      failures = answered ? 0 : failures + 1;
      if (failures === 2) window.stopped = true;
      else setTimeout(poll, 200);
    };
    Object.assign(script, { onload: done, onerror: done });
    script.src = `${server}/packets?domain=localhost&ticket=${ticket}&callback=${name}&_=${Date.now()}`;
    document.head.append(script);
  };
  poll();
}

/** Serves the page, and passes polls on. `fault` decides what becomes of an answer with messages. */
async function proxy(upstream, { fault, rewrite = (text) => text }) {
  const ask = (url) =>
    new Promise((resolve, reject) => {
      http
        .get(new URL(url, upstream), { headers: { "Sec-Fetch-Dest": "script", "User-Agent": "Mozilla/5.0" } }, (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (part) => (text += part)).on("end", () => resolve(text)).on("error", reject);
        })
        .on("error", reject);
    });
  const server = http.createServer(async (request, response) => {
    if (!request.url.startsWith("/packets")) return response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html>");
    let text = rewrite(await ask(request.url));
    const kind = text.includes('"messages":[]') ? null : fault();
    // A proxy whose connection broke asks again; the page gets the second answer, or neither.
    if (kind === "repeat") text = rewrite(await ask(request.url));
    if (kind === "lost") return response.destroy();
    response.writeHead(200, { "Content-Type": "application/javascript; charset=utf-8", "Content-Length": text.length });
    if (kind !== "cut") return response.end(text);
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, address: `http://localhost:${server.address().port}` };
}

async function online(site, member) {
  const answer = await fetch(`${site.server.address}webim/online`, { headers: { Cookie: `nextim_demo=${member}` } });
  return (await answer.json()).connection.ticket;
}

/** What the page shows of messages that are sent while everything goes wrong, though never twice in a row. */
async function shownThrough(site, { faults = FAULTS, ...options } = {}) {
  let network = null;
  const { server, address } = await proxy(site.server.address, {
    fault: () => {
      const now = network;
      network = null;
      return now;
    },
    ...options,
  });
  const page = await (await site.context()).newPage();
  await page.goto(`${address}/`);
  await page.evaluate(oldPage, { server: address, ticket: await online(site, "susan") });
  const ticket = await online(site, "lee");
  const sent = [];
  for (const [count, kind] of faults.entries()) {
    if (["throw", "missing", "replaced"].includes(kind)) await page.evaluate((kind) => window.breakPoll(kind), kind);
    else network = kind;
    const body = `message ${count}, ${kind}`;
    const form = new URLSearchParams({ ticket, type: "unicast", to: "susan", body });
    assert.equal(await (await fetch(`${site.server.address}webim/message`, { method: "POST", body: form })).text(), "ok");
    sent.push(body);
    // Two answers in a row may not fail: the page would stop, as it should.
    const polls = await page.evaluate(() => window.polls);
    await until("polls go on", () => page.evaluate(() => window.polls), (now) => now >= polls + 3);
  }
  const state = () => page.evaluate(() => ({ shown: window.shown, stopped: window.stopped, polls: window.polls }));
  const { polls } = await state();
  const end = await until("everything is carried twice", state, (now) => now.stopped || now.polls >= polls + 3);
  await page.close();
  server.closeAllConnections();
  server.close();
  site.trouble = site.trouble.filter((line) => !line.includes(address) && !line.includes("on purpose") && !/jsonp\d+/.test(line));
  assert.equal(end.stopped, false, "the page stopped");
  return { sent, shown: end.shown };
}

const FILTER = /\(function\(p\)\{.*?return p\}\)\(\{/s;

scene("an old page shows every message once, whatever becomes of the answers", async (site) => {
  const { sent, shown } = await shownThrough(site);
  assert.deepEqual(shown, sent);
}, options);

scene("control: without the filter an old page shows messages twice", async (site) => {
  const { sent, shown } = await shownThrough(site, {
    faults: ["none", "none"],
    rewrite: (text) => text.replace(FILTER, "(function(p){return p})({"),
  });
  assert.deepEqual([...new Set(shown)], sent);
  assert.ok(shown.length > sent.length, "a test that cannot see duplicates shows nothing");
}, options);

scene("control: a filter that moves its mark too early loses messages", async (site) => {
  const early =
    "(function(p){var a=[],m=window.mark||0;p.messages.forEach(function(x){if(x.seq>m)a.push(x);" +
    "window.mark=Math.max(window.mark||0,x.seq)});p.messages=a;return p})({";
  const { sent, shown } = await shownThrough(site, {
    faults: ["throw", "none"],
    rewrite: (text) => text.replace(FILTER, early),
  });
  assert.ok(shown.length < sent.length, "a test that cannot see losses shows nothing");
}, options);
