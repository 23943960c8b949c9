/* Who is there, who seems to be, and what waits for whoever was not. */

import assert from "node:assert/strict";
import { until } from "./harness.mjs";
import { scene } from "./scene.mjs";

// Control: when the model takes no line of a history for one it has, "while there" stands twice and this fails.
scene("what is said to somebody offline is found once", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.open("jack");
  await susan.sees("jack", "online");
  await susan.say("jack", "while there");
  await jack.hears("susan", "susan", "while there");
  await jack.goOffline();
  await susan.sees("jack", "offline");
  await susan.say("jack", "for later");
  await susan.say("jack", "and this");
  assert.equal((await jack.texts("susan")).at(-1), "susan: while there");
  await jack.goOnline();
  await jack.hears("susan", "susan", "for later");
  await jack.hears("susan", "susan", "and this");
  await susan.sees("jack", "online");
  await susan.say("jack", "now live");
  await jack.hears("susan", "susan", "now live");
  const talk = ["susan: while there", "susan: for later", "susan: and this", "susan: now live"];
  assert.deepEqual((await jack.texts("susan")).slice(-4), talk);
  await jack.reload();
  await jack.hears("susan", "susan", "for later");
  assert.deepEqual((await jack.texts("susan")).slice(-4), talk);
});

scene("a message to somebody who closed the browser opens a window on return", async (site) => {
  const susan = await site.member("susan");
  const away = await site.context();
  await site.member("jack", { context: away });
  await susan.sees("jack", "online");
  await away.close();
  await susan.sees("jack", "offline");
  await susan.open("jack");
  await susan.say("jack", "found after all");
  const jack = await site.member("jack");
  await jack.hears("susan", "susan", "found after all");
  assert.deepEqual((await jack.texts("susan")).slice(-2), ["susan: Under the frog.", "susan: found after all"]);
});

scene("the presence menu is seen by friends", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.sees("jack", "online");
  await jack.choose("dnd", "Oiling the oars");
  await susan.sees("jack", "do not disturb · Oiling the oars");
  await susan.open("jack");
  assert.equal(await susan.window("jack").locator(".window-title small").textContent(), "do not disturb · Oiling the oars");
  await jack.reload();
  assert.equal(await jack.page.locator('[data-test="presence-menu"]').inputValue(), "dnd");
  await susan.sees("jack", "do not disturb · Oiling the oars");
  await jack.choose("available", "");
  await susan.sees("jack", "online");
});

scene("invisible looks like offline", async (site) => {
  const [susan, jack, josh] = [await site.member("susan"), await site.member("jack"), await site.member("josh")];
  await susan.sees("#room1", "3 of 4 online");
  await josh.choose("away", "Sawing");
  await jack.choose("away", "Sawing");
  await susan.sees("jack", "away · Sawing");
  await susan.sees("josh", "away · Sawing");
  await josh.goOffline();
  await jack.choose("invisible");
  await susan.sees("jack", "offline");
  await susan.sees("josh", "offline");
  await susan.sees("#room1", "1 of 4 online");
  // What the server says about both, apart from who they are.
  const [one, other] = await susan.ask("buddies", { ids: "jack,josh" });
  const observable = ({ presence, show, status, status_time }) => ({ presence, show, status, status_time });
  assert.deepEqual(observable(one), observable(other));
  // A page that opens now sees the same.
  const mary = await site.member("mary");
  await mary.sees("susan", "online");
  await mary.sees("jack", "offline");
  await mary.sees("#room1", "2 of 4 online");
  // The invisible one still hears everything.
  await susan.open("jack");
  await susan.say("jack", "I know you are there");
  await jack.hears("susan", "susan", "I know you are there");
  await jack.reload();
  await jack.choose("available");
  await susan.sees("jack", "online · Sawing");
});

scene("the page of a stranger is alive, in both directions", async (site) => {
  const susan = await site.member("susan", { at: "visitors" });
  const onPage = (member, id) => member.page.locator(`main [data-stranger="${id}"]`).first();
  const presence = (member, id, word) =>
    until(`${member.id}'s page shows ${id}`, () => onPage(member, id).getAttribute("data-presence"), (seen) => seen === word);
  await presence(susan, "lee", "offline");
  const lee = await site.member("lee", { at: "members/susan" });
  await presence(susan, "lee", "online");
  await presence(lee, "susan", "online");
  await lee.page.getByRole("button", { name: "Chat with Susan" }).click();
  await lee.say("susan", "Hello, is there a seat free?");
  await susan.hears("lee", "lee", "Hello, is there a seat free?");
  await susan.say("lee", "Always");
  await lee.hears("susan", "susan", "Always");
  await lee.choose("dnd");
  await until("the word on the page", () => onPage(susan, "lee").locator("[data-presence-word]").textContent(), (word) => word === "do not disturb");
  await susan.goOffline();
  await presence(lee, "susan", "offline");
  await susan.goOnline();
  await presence(lee, "susan", "online");
  await presence(susan, "lee", "online");
  await lee.goOffline();
  await presence(susan, "lee", "offline");
});

scene("settings are kept for the next page", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  const box = (member) => member.page.locator('[data-test="msg_auto_pop"]');
  await susan.page.getByRole("button", { name: "Settings" }).click();
  assert.equal(await box(susan).isChecked(), true);
  const saved = susan.page.waitForResponse((response) => response.url().endsWith("/webim/setting"));
  await box(susan).uncheck();
  await saved;
  await susan.reload();
  assert.equal(await box(susan).isChecked(), false);
  // And it means something: a new message now comes as a folded tab with a number.
  await jack.open("susan");
  await jack.say("susan", "knock knock");
  const badge = susan.window("jack").locator(".badge");
  await until("the tab counts", () => badge.textContent(), (text) => text === "1");
  assert.equal(await susan.input("jack").isVisible(), false);
  assert.match(await susan.page.title(), /^\(1\) /);
  await susan.window("jack").locator(".window-title").click();
  await susan.hears("jack", "jack", "knock knock");
  await until("read", () => susan.page.title(), (title) => !title.startsWith("("));
});

scene("on a phone one thing is open at a time", async (site) => {
  const pocket = await site.context({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  const susan = await site.member("susan", { context: pocket });
  const [jack, mary] = [await site.member("jack"), await site.member("mary")];
  const launcher = susan.page.locator('[data-test="bar"] .launcher');
  const opened = () => susan.page.locator('[data-test="window"]:not(.folded)').count();
  await jack.open("susan");
  await jack.say("susan", "look at your phone");
  // It comes as a round tab with a number, and covers nothing.
  await until("the number", () => launcher.locator(".badge").textContent(), (text) => text === "1");
  assert.equal(await opened(), 0);
  await susan.window("jack").locator(".window-title").click();
  await susan.hears("jack", "jack", "look at your phone");
  await susan.window("jack").getByRole("button", { name: "Fold", exact: true }).click();
  await launcher.click();
  await susan.open("mary");
  await susan.say("mary", "from the bus");
  await mary.hears("susan", "susan", "from the bus");
  assert.equal(await opened(), 1);
  assert.equal(await susan.entry("mary").isVisible(), false);
  await susan.visit("visitors");
  await susan.online();
  assert.equal(await susan.entry("mary").isVisible(), false, "the list does not cover the next page");
  assert.equal(await susan.page.evaluate(() => document.documentElement.scrollWidth), 390);
});
