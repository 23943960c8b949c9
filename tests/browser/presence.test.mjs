/* Who is there, who seems to be, and what waits for whoever was not. */

import assert from "node:assert/strict";
import { until } from "./until.mjs";
import { scene } from "./scene.mjs";

// Control: when the model takes no line of a history for one it has, "while there" stands twice and this fails.
scene("what is said to somebody offline is found once", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.open("jack");
  await susan.sees("jack", "Online");
  await susan.say("jack", "while there");
  await jack.hears("susan", "susan", "while there");
  await jack.goOffline();
  await susan.sees("jack", "Offline");
  await susan.say("jack", "for later");
  await susan.say("jack", "and this");
  assert.equal(await jack.window("susan").count(), 0, "whoever is away sees nothing");
  await jack.goOnline();
  await jack.hears("susan", "susan", "for later");
  await jack.hears("susan", "susan", "and this");
  await susan.sees("jack", "Online");
  await susan.say("jack", "now live");
  await jack.hears("susan", "susan", "now live");
  const talk = ["susan: while there", "susan: for later", "susan: and this", "susan: now live"];
  assert.deepEqual((await jack.texts("susan")).slice(-4), talk);
  await jack.reload();
  await jack.hears("susan", "susan", "for later");
  assert.deepEqual((await jack.texts("susan")).slice(-4), talk);
});

scene("a message to somebody who closed the browser is counted on return", async (site) => {
  const susan = await site.member("susan");
  const away = await site.context();
  await site.member("jack", { context: away });
  await susan.sees("jack", "Online");
  await away.close();
  await susan.sees("jack", "Offline");
  await susan.open("jack");
  await susan.say("jack", "found after all");
  const jack = await site.member("jack");
  await until("it is counted", () => jack.launcher.locator(".badge").textContent(), (text) => text.startsWith("1"));
  await jack.open("susan");
  await jack.hears("susan", "susan", "found after all");
  assert.deepEqual((await jack.texts("susan")).slice(-2), ["susan: Under the frog.", "susan: found after all"]);
});

scene("the presence menu is seen by friends", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.sees("jack", "Online");
  await jack.choose("Do not disturb", "Oiling the oars");
  await susan.sees("jack", "Do not disturb Oiling the oars");
  await susan.open("jack");
  assert.equal(await susan.window("jack").locator(".head .about").textContent(), "Oiling the oars");
  await jack.reload();
  await jack.roster();
  await jack.panel.getByRole("button", { name: "Your presence: Do not disturb" }).waitFor();
  await susan.sees("jack", "Do not disturb Oiling the oars");
  await jack.choose("Online", "");
  await susan.sees("jack", "Online");
});

scene("invisible looks like offline", async (site) => {
  const [susan, jack, josh] = [await site.member("susan"), await site.member("jack"), await site.member("josh")];
  await susan.sees("#room1", "3 online");
  await josh.choose("Away", "Sawing");
  await jack.choose("Away", "Sawing");
  await susan.sees("jack", "Away Sawing");
  await susan.sees("josh", "Away Sawing");
  await josh.goOffline();
  await jack.choose("Invisible");
  await susan.sees("jack", "Offline");
  await susan.sees("josh", "Offline");
  await susan.sees("#room1", "1 online");
  // What the server says about both, apart from who they are.
  const [one, other] = await susan.ask("buddies", { ids: "jack,josh" });
  const observable = ({ presence, show, status, status_time }) => ({ presence, show, status, status_time });
  assert.deepEqual(observable(one), observable(other));
  // A page that opens now sees the same.
  const mary = await site.member("mary");
  await mary.sees("susan", "Online");
  await mary.sees("jack", "Offline");
  await mary.sees("#room1", "2 online");
  // The invisible one still hears everything.
  await susan.open("jack");
  await susan.say("jack", "I know you are there");
  await jack.hears("susan", "susan", "I know you are there");
  await jack.reload();
  await jack.choose("Online");
  await susan.sees("jack", "Online Sawing");
});

scene("the page of a stranger is alive, in both directions", async (site) => {
  const susan = await site.member("susan", { at: "visitors" });
  const onPage = (member, id) => member.page.locator(`main [data-member="${id}"]`).first();
  const presence = (member, id, show) => onPage(member, id).locator(`[data-nextim-presence="${show}"]`).waitFor();
  await presence(susan, "lee", "unavailable");
  const lee = await site.member("lee", { at: "members/susan" });
  await presence(susan, "lee", "available");
  await presence(lee, "susan", "available");
  await lee.page.getByRole("button", { name: "Chat with Susan" }).click();
  await lee.say("susan", "Hello, is there a seat free?");
  await susan.hears("lee", "lee", "Hello, is there a seat free?");
  await susan.say("lee", "Always");
  await lee.hears("susan", "susan", "Always");
  await lee.choose("Do not disturb");
  await until("the word on the page", () => onPage(susan, "lee").locator("[data-presence-word]").textContent(), (word) => word === "do not disturb");
  await susan.goOffline();
  await presence(lee, "susan", "unavailable");
  await susan.goOnline();
  await presence(lee, "susan", "available");
  await presence(susan, "lee", "dnd");
  await lee.goOffline();
  await presence(susan, "lee", "unavailable");
});

scene("settings are kept for the next page", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  const settings = async (member) => {
    await member.roster();
    await member.panel.getByRole("button", { name: "Settings" }).click();
    return member.panel.getByRole("switch", { name: "Open its window" });
  };
  const opens = await settings(susan);
  assert.equal(await opens.getAttribute("aria-checked"), "true");
  const saved = susan.page.waitForResponse((response) => response.url().endsWith("/webim/setting"));
  await opens.click();
  await saved;
  await susan.reload();
  await susan.panel.waitFor({ state: "hidden" });
  assert.equal(await (await settings(susan)).getAttribute("aria-checked"), "false");
  // And it means something: a new message is a number now, and no window.
  await jack.open("susan");
  await jack.say("susan", "knock knock");
  await until("the launcher counts", () => susan.launcher.locator(".badge").textContent(), (text) => text.startsWith("1"));
  assert.equal(await susan.window("jack").count(), 0);
  assert.match(await susan.page.title(), /^\(1\) /);
  await susan.panel.getByRole("button", { name: "Back" }).click();
  await susan.open("jack");
  await susan.hears("jack", "jack", "knock knock");
  await until("read", () => susan.page.title(), (title) => !title.startsWith("("));
});

scene("a minimised window counts what comes, and a closed one stays closed on the next page", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.open("jack");
  await susan.window("jack").getByRole("button", { name: "Minimise" }).click();
  await jack.open("susan");
  await jack.say("susan", "are you there?");
  await until("the chip counts", () => susan.chip("jack").locator(".badge").textContent(), (text) => text.startsWith("1"));
  assert.equal(await susan.window("jack").count(), 0);
  await susan.visit("visitors");
  await susan.online();
  await susan.chip("jack").click();
  await susan.hears("jack", "jack", "are you there?");
  await until("read", () => susan.page.title(), (title) => !title.startsWith("("));
  await susan.window("jack").getByRole("button", { name: "Close" }).click();
  await susan.reload();
  await susan.sees("jack", "Online");
  assert.equal((await susan.window("jack").count()) + (await susan.chip("jack").count()), 0);
});

scene("on a phone one thing is open at a time", async (site) => {
  const pocket = await site.context({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  const susan = await site.member("susan", { context: pocket });
  const [jack, mary] = [await site.member("jack"), await site.member("mary")];
  await jack.open("susan");
  await jack.say("susan", "look at your phone");
  // It comes as a number at the round button, and covers nothing.
  await until("the number", () => susan.launcher.locator(".badge").textContent(), (text) => text.startsWith("1"));
  assert.equal(await susan.window("jack").count(), 0);
  await susan.open("jack");
  await susan.hears("jack", "jack", "look at your phone");
  assert.equal(await susan.panel.count(), 0);
  await susan.window("jack").getByRole("button", { name: "Back" }).click();
  await susan.panel.waitFor();
  await susan.open("mary");
  await susan.say("mary", "from the bus");
  await mary.hears("susan", "susan", "from the bus");
  assert.equal(await susan.bar.locator("section.chat").count(), 1);
  await susan.visit("visitors");
  await susan.online();
  assert.equal(await susan.bar.locator("section.chat, [part=panel]").count(), 0, "nothing covers the next page");
  assert.equal(await susan.page.evaluate(() => document.documentElement.scrollWidth), 390);
});
