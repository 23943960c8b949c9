/* Two and three members talk. */

import assert from "node:assert/strict";
import { until } from "./until.mjs";
import { scene } from "./scene.mjs";

scene("two members talk both ways", async (site) => {
  const susan = await site.member("susan");
  const jack = await site.member("jack");
  await susan.sees("jack", "Online");
  await susan.open("jack");
  await susan.hears("jack", "susan", "Under the frog."); // what was said before anybody came
  await susan.say("jack", "The trailer is ready");
  // Nobody opened this window: the message did.
  await jack.hears("susan", "susan", "The trailer is ready");
  await jack.say("susan", "Coming, 我来了 🚣");
  await susan.hears("jack", "jack", "Coming, 我来了 🚣");
  for (const text of ["one", "two", "three"]) await susan.write("jack", text);
  await jack.hears("susan", "susan", "three");
  const talk = ["susan: The trailer is ready", "jack: Coming, 我来了 🚣", "susan: one", "susan: two", "susan: three"];
  assert.deepEqual((await jack.texts("susan")).slice(-5), talk);
  assert.deepEqual((await susan.texts("jack")).slice(-5), talk);
});

scene("the other tab of a member shows what this one says", async (site) => {
  const context = await site.context();
  const desk = await site.member("susan", { context });
  const sofa = await site.member("susan", { context });
  const jack = await site.member("jack");
  await desk.open("jack");
  await sofa.open("jack");
  await desk.say("jack", "from the desk");
  await sofa.hears("jack", "susan", "from the desk");
  await jack.hears("susan", "susan", "from the desk");
  await jack.say("susan", "to both");
  await desk.hears("jack", "jack", "to both");
  await sofa.hears("jack", "jack", "to both");
  await desk.hears("jack", "susan", "from the desk");
});

// Control: with user_grace_ms = 0 Jack sees Susan leave, and this fails.
scene("a reload keeps window and history, and nobody sees a departure", async (site) => {
  const susan = await site.member("susan");
  const jack = await site.member("jack");
  const mary = await site.member("mary");
  await jack.sees("susan", "Online");
  await jack.sees("mary", "Online");
  const changes = await jack.watch("susan");
  await susan.open("jack");
  await susan.say("jack", "before the reload");
  await susan.input("jack").fill("half a sentence");
  await jack.hears("susan", "susan", "before the reload");
  await susan.reload();
  await susan.hears("jack", "susan", "before the reload");
  assert.equal(await susan.input("jack").inputValue(), "half a sentence");
  await jack.say("susan", "still there?");
  await susan.hears("jack", "jack", "still there?");
  await susan.visit("visitors");
  await susan.online();
  await susan.hears("jack", "jack", "still there?");
  // Mary goes after the reloads. Once she is seen to be gone, a departure of Susan would have been seen as well.
  await mary.goOffline();
  await jack.sees("mary", "Offline");
  assert.deepEqual(await changes(), ["available"]);
}, { environment: {} });

scene("a line written on the way out arrives once", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.open("jack");
  for (const line of ["last words", "and one more"]) {
    await susan.write("jack", line); // whether its answer finds the page that asked is left to chance
    await susan.reload();
    await jack.hears("susan", "susan", line);
    await susan.hears("jack", "susan", line);
  }
  await susan.say("jack", "hello again");
  await jack.hears("susan", "susan", "hello again");
  const talk = ["susan: last words", "susan: and one more", "susan: hello again"];
  for (const [member, whom] of [[susan, "jack"], [jack, "susan"]]) {
    await member.reload();
    await member.hears(whom, "susan", "hello again");
    assert.deepEqual((await member.texts(whom)).slice(-3), talk);
  }
});

scene("a room of three", async (site) => {
  const [susan, jack, mary] = [await site.member("susan"), await site.member("jack"), await site.member("mary")];
  await susan.sees("#room1", "3 online");
  await susan.open("#room1");
  await susan.hears("#room1", "josh", "Please nobody leave them in the sun before I have oiled them.");
  await susan.say("#room1", "Who has the van?");
  await jack.hears("#room1", "susan", "Who has the van?");
  await mary.hears("#room1", "susan", "Who has the van?");
  await jack.say("#room1", "Not me");
  await mary.hears("#room1", "jack", "Not me");
  await mary.say("#room1", "It is behind the shed");
  const talk = ["susan: Who has the van?", "jack: Not me", "mary: It is behind the shed"];
  for (const member of [susan, jack, mary]) {
    await member.hears("#room1", "mary", "It is behind the shed");
    assert.deepEqual((await member.texts("#room1")).slice(-3), talk, member.id);
  }
  await mary.reload();
  await mary.hears("#room1", "susan", "Who has the van?");
  assert.deepEqual((await mary.texts("#room1")).slice(-3), talk);
});

scene("a room that is left is quiet, and comes back with a click", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.open("#room1");
  await susan.menu("#room1", "Leave room…");
  await susan.window("#room1").getByRole("button", { name: "Leave", exact: true }).click();
  await susan.window("#room1").waitFor({ state: "detached" });
  await jack.open("#room1");
  await jack.say("#room1", "Susan does not hear this");
  await jack.open("susan");
  await jack.say("susan", "but this");
  await susan.hears("jack", "jack", "but this");
  await susan.window("jack").getByRole("button", { name: "Close" }).click();
  await susan.visit("rooms/room1");
  await susan.online();
  assert.equal(await susan.window("#room1").count(), 0);
  await susan.page.locator("main").getByRole("button", { name: "Join room" }).click();
  await susan.open("#room1");
  await jack.say("#room1", "welcome back");
  await susan.hears("#room1", "jack", "welcome back");
});

scene("typing shows, and stops with the message", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await jack.open("susan");
  await susan.sees("jack", "Online");
  await susan.open("jack");
  const typing = jack.window("susan").locator(".who-types");
  assert.equal(await typing.isVisible(), false);
  await susan.input("jack").fill("I am th");
  await typing.waitFor();
  assert.equal(await typing.textContent(), "Susan Vale is typing…");
  await susan.say("jack", "I am thinking");
  await typing.waitFor({ state: "hidden" });
  await jack.hears("susan", "susan", "I am thinking");
});

// Control: without the token in the call of `online` both tabs are Jack, and this fails.
scene("two members in two tabs of one browser are two members", async (site) => {
  const context = await site.context();
  const susan = await site.member("susan", { context });
  const jack = await site.member("jack", { context }); // the cookie they share now says jack
  await susan.sees("jack", "Online");
  await susan.open("jack");
  await susan.say("jack", "same browser");
  await jack.hears("susan", "susan", "same browser");
  await jack.say("susan", "other tab");
  await susan.hears("jack", "jack", "other tab");
  for (const [tab, other] of [[susan, jack], [jack, susan]]) {
    await tab.reload();
    assert.match(tab.page.url(), new RegExp(`/demo/${tab.id}/$`));
    await tab.hears(other.id, "susan", "same browser");
    await tab.hears(other.id, "jack", "other tab");
    await tab.say(other.id, `${tab.id} again`);
    await other.hears(tab.id, tab.id, `${tab.id} again`);
  }
});

// Control: with `dangerouslySetInnerHTML` in the bar's bubbles this fails twice over: no such text, and a violated policy.
scene("markup in a message, a status or a draft is only text", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.open("jack");
  const bodies = [
    `<img src="x" onerror="window.harmed = true">`,
    `</script><script>window.harmed = true</script>`,
    `<!--<script>]]> &lt;b&gt; &amp; "' \\ \u2028 javascript:alert(1) https://example.org/"onclick="harmed=1`,
    "__proto__",
  ];
  for (const body of bodies) {
    await susan.say("jack", body);
    await jack.hears("susan", "susan", body);
  }
  await susan.choose("Away", `<b onmouseover="harmed=1">tea</b>`);
  await jack.sees("susan", `Away <b onmouseover="harmed=1">tea</b>`);
  await jack.reload();
  await jack.hears("susan", "susan", bodies[0]);
  await jack.hears("susan", "susan", bodies[1]);
  for (const { page } of [susan, jack]) {
    assert.equal(await page.evaluate(() => window.harmed), undefined);
    assert.equal(await page.locator(".bubble :not(a), .about bdi > *, script:not([src])").count(), 0);
  }
  const [link] = await jack.page.locator(".bubble a").evaluateAll((links) => links.map((one) => [one.href, one.rel]));
  assert.deepEqual(link, ["https://example.org/", "noopener noreferrer ugc"]);
});

scene("a cleared history is gone for the one who cleared it", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.open("jack");
  await susan.say("jack", "to be forgotten");
  await jack.hears("susan", "susan", "to be forgotten");
  await susan.menu("jack", "Clear history…");
  await susan.window("jack").getByRole("button", { name: "Clear", exact: true }).click();
  await until("the window is empty", () => susan.lines("jack"), (lines) => lines.length === 0);
  await susan.reload();
  await jack.say("susan", "a new start");
  await susan.hears("jack", "jack", "a new start");
  assert.deepEqual(await susan.texts("jack"), ["jack: a new start"]);
  await jack.reload();
  await jack.hears("susan", "susan", "to be forgotten");
});
