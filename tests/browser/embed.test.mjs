/* The bar in other people's pages: strict, hostile, right-to-left, by keyboard alone, and for visitors who become members. */

import assert from "node:assert/strict";
import { Member } from "./member.mjs";
import { until } from "./until.mjs";
import { scene } from "./scene.mjs";

/** A page of another origin with the script tag in it. `parts` are what stands in the head and the body. */
async function embedded(site, { head = "", body = "", html = 'lang="en"', tag = "", headers = {}, who = "susan", options = "" } = {}) {
  const token = who === null ? "" : `data-token="${await site.token(who)}"`;
  const script = `<script async src="${site.server.address}nextim.js" data-site="localhost" ${token} ${tag}></script>`;
  const address = await site.host(() => `<!doctype html><html ${html}><head><title>A page</title>${head}${script}</head><body>${body}</body></html>`, headers);
  await site.server.command("site", "set", "localhost", `origins=${new URL(address).origin}`, ...options.split(" ").filter(Boolean));
  const page = await (await site.context()).newPage();
  const member = new Member(page, who, site.server);
  await page.goto(address);
  return member;
}

const strict = (server) => [
  "default-src 'none'",
  `script-src ${server}`,
  `connect-src ${server} ${server.replace("http", "ws")}`,
  `img-src 'self' ${server}`,
  "require-trusted-types-for 'script'; trusted-types nextim",
].join("; ");

// Control: a `style` attribute or an inline script of ours would be a violation, which the harness counts as trouble.
scene("under a strict policy of another origin", async (site) => {
  const server = new URL(site.server.address).origin;
  const susan = await embedded(site, { headers: { "content-security-policy": strict(server) } });
  const jack = await site.member("jack");
  await susan.online();
  await susan.open("jack");
  await susan.say("jack", "by the rules");
  await jack.hears("susan", "susan", "by the rules");
  await susan.window("jack").getByRole("button", { name: "Emoji" }).click();
  await susan.window("jack").getByRole("dialog").or(susan.window("jack").locator(".emoji")).first().waitFor();
  // The styles are there without leave for any.
  const place = await susan.launcher.evaluate((button) => getComputedStyle(button.closest(".dock")).position);
  assert.equal(place, "fixed");
});

/** What old libraries do to everybody's objects, and worse. */
const HOSTILE = `<style>
  * { all: unset !important; display: inline !important; color: lime !important; font: 40px serif !important; }
  nextim-bar, nextim-room { display: none !important; visibility: hidden; opacity: 0; transform: scale(0); }
</style><script>
  Array.prototype.toJSON = function () { return "taught"; };
  String.prototype.toJSON = function () { return "taught"; };
  Object.prototype.extend = function () {};
  Object.prototype.each = function () {};
  Array.prototype.last = function () { return this[this.length - 1]; };
  Function.prototype.bind = function (self) { const what = this; return function () { return what.apply(self, arguments); }; };
  document.addEventListener("click", (event) => event.stopImmediatePropagation());
  window.onerror = () => { window.seen = (window.seen ?? 0) + 1; };
  window.$ = () => { throw new Error("not ours"); };
  window.name = "NextIM"; window.event_ = 1; var h = 1, t = 2, e = 3, n = 4;
  // After it has been loaded: what it needs it has taken by then.
  window.spoil = () => {
    window.fetch = () => { throw new Error("mine"); };
    window.WebSocket = function () { throw new Error("mine"); };
    Date.now = () => 0;
    Math.random = () => 0;
  };
</script>`;

scene("in a hostile page: resets, overwritten prototypes, spoiled globals", async (site) => {
  const susan = await embedded(site, { head: HOSTILE, body: "<p>Mine</p>" });
  const jack = await site.member("jack");
  await susan.online();
  const { width, height } = await susan.launcher.boundingBox();
  assert.ok(width > 40 && width < 300 && height < 70, `the launcher has its own size, not ${width} × ${height}`);
  await susan.page.evaluate(() => window.spoil());
  await susan.open("jack");
  await susan.say("jack", "still here");
  await jack.hears("susan", "susan", "still here");
  await jack.say("susan", "so am I");
  await susan.hears("jack", "jack", "so am I");
  const colour = await susan.window("jack").locator(".bubble").first().evaluate((bubble) => getComputedStyle(bubble).color);
  assert.notEqual(colour, "rgb(0, 255, 0)");
  assert.equal(await susan.page.evaluate(() => window.seen), undefined, "none of our errors reached the page");
  const globals = await susan.page.evaluate(() => Object.keys(window).filter((name) => /nextim/i.test(name)));
  assert.deepEqual(globals, ["NextIM"]);
});

scene("right to left, the bar stands on the other side and its words are still sent", async (site) => {
  const susan = await embedded(site, { html: 'lang="ar" dir="rtl"', body: "<h1>مرحبا</h1>" });
  const jack = await site.member("jack");
  await susan.online();
  const { x } = await susan.launcher.boundingBox();
  assert.ok(x < 640, `the launcher is at ${x}`);
  await susan.open("jack");
  const [panel, window] = [await susan.panel.boundingBox(), await susan.window("jack").boundingBox()];
  assert.ok(window.x > panel.x + panel.width, "windows stand to the right of the list");
  await susan.say("jack", "مرحبا يا جاك");
  await jack.hears("susan", "susan", "مرحبا يا جاك");
  const bubble = susan.window("jack").locator(".group.mine .bubble").last();
  const [box, frame] = [await bubble.boundingBox(), await susan.window("jack").boundingBox()];
  assert.ok(box.x - frame.x < frame.x + frame.width - box.x - box.width, "one's own words stand at the end of the line, on the left");
});

scene("by keyboard alone: open, find, write, leave", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  const { keyboard } = susan.page;
  const at = () => susan.bar.evaluate((bar) => {
    const focus = bar.shadowRoot.activeElement;
    return focus?.dataset.row ?? focus?.getAttribute("aria-label") ?? focus?.textContent ?? "";
  });
  const tabTo = async (what) => {
    for (let step = 0; step < 80; step += 1) {
      if (what.test(await at())) return;
      await keyboard.press("Tab");
    }
    assert.fail(`${what} was not reached, but ${await at()}`);
  };
  await tabTo(/^Chat/);
  await keyboard.press("Enter");
  await susan.panel.waitFor();
  await until("the list has the focus", at, (name) => name === "Chat");
  await tabTo(/^Search people/);
  await keyboard.type("jack");
  await tabTo(/^p:jack$/);
  await keyboard.press("Enter");
  await until("the field has the focus", at, (name) => name === "Message to Jack Moreno");
  await keyboard.type("no mouse");
  await keyboard.press("Shift+Enter");
  await keyboard.type("at all");
  await keyboard.press("Enter");
  await jack.hears("susan", "susan", "no mouse\nat all");
  await jack.open("susan");
  await jack.say("susan", "impressive");
  await susan.hears("jack", "jack", "impressive");
  await keyboard.press("Shift+Tab");
  await keyboard.press("Shift+Tab");
  await tabTo(/^More actions$/);
  await keyboard.press("Enter");
  await until("the first of the menu has the focus", at, (name) => name !== "More actions");
  await keyboard.press("Escape");
  await until("the focus is back", at, (name) => name === "More actions");
  await keyboard.press("Escape");
  await susan.window("jack").waitFor({ state: "detached" });
  assert.notEqual(await at(), "", "the focus stays in the bar");
});

scene("a visitor asks, signs in, and is the same person with the same conversation", async (site) => {
  const jack = await site.member("jack");
  const visitor = await embedded(site, { who: null, options: "guests=true", body: '<button data-nextim-chat="jack">Ask Jack</button>' });
  await visitor.online();
  await visitor.page.getByRole("button", { name: "Ask Jack" }).click();
  await visitor.write("jack", "Is there a seat for a visitor?");
  const { id: guest } = await visitor.page.evaluate(() => new Promise((told) => void window.NextIM.on("ready", ({ user }) => told(user))));
  assert.match(guest, /^vid:/);
  await until("Jack reads it", () => jack.bar.locator(".bubble").allTextContents(), (texts) => texts.includes("Is there a seat for a visitor?"));
  const token = await site.token("lee");
  await visitor.page.evaluate((token) => window.NextIM.identify({ token }), token);
  await until("the page is Lee's", async () => {
    const { id } = await visitor.page.evaluate(() => new Promise((told) => void window.NextIM.on("ready", ({ user }) => told(user))));
    return id;
  }, (id) => id === "lee");
  visitor.id = "lee";
  await visitor.page.getByRole("button", { name: "Ask Jack" }).click();
  await visitor.hears("jack", "lee", "Is there a seat for a visitor?");
  await visitor.say("jack", "It is me, Lee");
  await until("Jack reads Lee", () => jack.bar.locator(".bubble").allTextContents(), (texts) => texts.includes("It is me, Lee"));
});
