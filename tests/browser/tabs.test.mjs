/* All tabs of a member are one: one connection, one session, and every tab is live. */

import assert from "node:assert/strict";
import { until } from "./until.mjs";
import { scene } from "./scene.mjs";

const opens = (tabs) => tabs.reduce((sum, tab) => sum + tab.sockets.size, 0);

// Control: with a channel name of each tab's own (client.ts) there are five connections, and this fails.
scene("five tabs have one connection, and the next one takes over when the leader closes", async (site) => {
  const jack = await site.member("jack");
  const context = await site.context();
  const tabs = [];
  for (let tab = 0; tab < 5; tab += 1) tabs.push(await site.member("susan", { context }));
  await jack.sees("susan", "Online");
  const changes = await jack.watch("susan");
  assert.equal(opens(tabs), 1);
  await jack.open("susan");
  await jack.say("susan", "to all five");
  for (const tab of tabs) await tab.hears("jack", "jack", "to all five");

  const leader = tabs.find((tab) => tab.sockets.size === 1);
  const others = tabs.filter((tab) => tab !== leader);
  await leader.page.close();
  await until("another tab has the connection", () => opens(others), (count) => count === 1);
  await jack.say("susan", "and to four");
  for (const tab of others) await tab.hears("jack", "jack", "and to four");
  await others[3].say("jack", "from the last of them");
  await jack.hears("susan", "susan", "from the last of them");
  for (const tab of others) await tab.hears("jack", "susan", "from the last of them");
  // One session all along, and nobody saw her leave.
  assert.equal(tabs.reduce((sum, tab) => sum + tab.onlines, 0), 1, "calls of `online`");
  assert.deepEqual(await changes(), ["available"]);
});

scene("what is read or set in one tab is so in all", async (site) => {
  const context = await site.context();
  const [desk, sofa] = [await site.member("susan", { context }), await site.member("susan", { context })];
  const jack = await site.member("jack");
  await jack.open("susan");
  await jack.say("susan", "read me once");
  await desk.hears("jack", "jack", "read me once");
  await desk.input("jack").click();
  await until("read in the other tab", () => sofa.page.title(), (title) => !title.startsWith("("));
  await sofa.choose("Do not disturb");
  await desk.roster();
  await desk.panel.getByRole("button", { name: "Your presence: Do not disturb" }).waitFor();
  await desk.goOffline();
  await sofa.panel.getByRole("button", { name: "Sign in to chat" }).waitFor();
  await sofa.goOnline();
  await desk.back();
});

// Control: without the kept letter (keeping.ts) the line of the first page is lost, and this fails.
scene("a reload in mid-send: kept before it is sent, sent by the next page, there once", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.open("jack");
  for (const [line, reaches] of [["never left the page", false], ["arrived, but nobody was told", true]]) {
    let caught;
    const isCaught = new Promise((resolve) => (caught = resolve));
    const hold = async (route) => {
      if (reaches) await route.fetch();
      caught();
      await route.abort().catch(() => undefined);
    };
    site.outage = true;
    await susan.page.route("**/webim/message", hold, { times: 1 });
    await susan.write("jack", line);
    await isCaught;
    await susan.reload();
    site.outage = false;
    await susan.hears("jack", "susan", line);
    await jack.hears("susan", "susan", line);
  }
  const talk = ["susan: never left the page", "susan: arrived, but nobody was told"];
  await jack.reload();
  await jack.hears("susan", "susan", "arrived, but nobody was told");
  for (const [member, whom] of [[susan, "jack"], [jack, "susan"]]) assert.deepEqual((await member.texts(whom)).slice(-2), talk);
});
