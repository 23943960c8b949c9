/* Rooms that members make, invitations, rooms that stand in a page, and people who are blocked. */

import assert from "node:assert/strict";
import { until } from "./until.mjs";
import { scene } from "./scene.mjs";

/** Answers an invitation in the list of what one should notice. */
async function answer(member, from, name) {
  await member.roster();
  await member.panel.getByRole("button", { name: /notification/i }).click();
  await member.panel.getByRole("listitem").filter({ hasText: from }).getByRole("button", { name }).click();
}

scene("a room of one's own: made, invited to, joined by one and declined by another, and left", async (site) => {
  const [susan, jack, mary] = [await site.member("susan"), await site.member("jack"), await site.member("mary")];
  await susan.roster("Rooms");
  await susan.panel.getByRole("button", { name: "New room" }).click();
  await susan.panel.getByRole("textbox", { name: "Name of the room" }).fill("Lantern row");
  for (const name of ["Jack Moreno", "Mary Okafor"]) await susan.panel.getByRole("checkbox", { name }).click();
  await susan.panel.getByRole("button", { name: "Create room" }).click();
  const roomOf = (member) => member.bar.getByRole("dialog", { name: "Room Lantern row" });
  await roomOf(susan).waitFor();
  const whom = `#${(await roomOf(susan).getAttribute("data-key")).slice(2)}`;
  await answer(jack, "Susan Vale invites you to Lantern row", "Join");
  await roomOf(jack).waitFor();
  await answer(mary, "Susan Vale invites you to Lantern row", "Decline");
  await susan.say(whom, "Who brings matches?");
  await jack.hears(whom, "susan", "Who brings matches?");
  await jack.say(whom, "I do");
  await susan.hears(whom, "jack", "I do");
  assert.equal(await roomOf(mary).count(), 0);
  // Josh comes later, and hears what is said from then on.
  const josh = await site.member("josh");
  await susan.menu(whom, "Invite people…");
  await roomOf(susan).getByRole("checkbox", { name: "Josh Lindqvist" }).click();
  await roomOf(susan).getByRole("button", { name: "Invite", exact: true }).click();
  await answer(josh, "Susan Vale invites you to Lantern row", "Join");
  await jack.say(whom, "Josh has the lanterns");
  await josh.hears(whom, "jack", "Josh has the lanterns");
  await roomOf(susan).getByRole("button", { name: "Show members" }).click();
  await until("three are in it", () => roomOf(susan).locator(".pane .tally").textContent(), (count) => count === "3");
});

scene("a room stands in its page, beside the window of the same room", async (site) => {
  const [susan, jack] = [await site.member("susan", { at: "rooms/room1" }), await site.member("jack")];
  const here = susan.page.locator("main [data-nextim-room] section.chat");
  await jack.open("#room1");
  await jack.say("#room1", "seen on the page");
  await susan.hears("#room1", "jack", "seen on the page", here);
  await here.getByRole("textbox", { name: /Message to / }).fill("said on the page");
  await here.getByRole("textbox", { name: /Message to / }).press("Control+Enter");
  await jack.hears("#room1", "susan", "said on the page");
  await susan.page.getByRole("button", { name: "Take it along" }).click();
  await susan.hears("#room1", "susan", "said on the page");
  await susan.visit("");
  await susan.online();
  await susan.hears("#room1", "jack", "seen on the page");
});

// Control: with the block decided by the bar alone, Susan's next page shows what Jack wrote, and this fails.
scene("somebody who is blocked is not heard, does not learn of it, and is heard again when it is undone", async (site) => {
  const [susan, jack] = [await site.member("susan"), await site.member("jack")];
  await susan.open("jack");
  await susan.menu("jack", "Block Jack Moreno…");
  await susan.window("jack").getByRole("button", { name: "Block", exact: true }).click();
  await susan.window("jack").getByText("You blocked Jack Moreno.").waitFor();
  await jack.sees("susan", "Offline");
  await jack.open("susan");
  await jack.say("susan", "you do not see this");
  await susan.reload();
  await susan.open("mary");
  await susan.say("mary", "so quiet here");
  assert.ok(!(await susan.texts("jack")).includes("jack: you do not see this"));
  await susan.window("jack").getByRole("button", { name: "Unblock" }).click();
  await susan.input("jack").waitFor();
  await jack.sees("susan", "Online");
  await jack.say("susan", "friends again?");
  await susan.hears("jack", "jack", "friends again?");
  assert.ok(!(await susan.texts("jack")).includes("jack: you do not see this"));
});
