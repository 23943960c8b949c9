/*
 * Takes the pictures of the README from the real server, with a conversation that really happens:
 *
 *   cargo build && cd tests/browser && npm ci --ignore-scripts && node screenshots.mjs
 *
 * They go to docs/images. With pngquant (Debian has it) they come out smaller; it is not needed.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Site, endBrowser } from "./harness.mjs";

const FOLDER = fileURLToPath(new URL("../../docs/images/", import.meta.url));

async function picture(member, name) {
  const file = path.join(FOLDER, name);
  await member.page.evaluate(() => document.fonts.ready);
  await member.page.screenshot({ path: file, animations: "disabled", caret: "hide" });
  spawnSync("pngquant", ["--force", "--skip-if-larger", "--quality=80-98", "--output", file, file]);
  console.log(`${path.relative(process.cwd(), file)}: ${Math.round((await stat(file)).size / 1024)} KB`);
}

// Wherever and whenever this runs, it is evening in Harbour.
const hours = ((19 - new Date().getUTCHours() + 36) % 24) - 12;
const timezoneId = `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`;

const site = await Site.open();
await mkdir(FOLDER, { recursive: true });
try {
  const [jack, mary, josh] = [await site.member("jack"), await site.member("mary"), await site.member("josh")];
  const desk = await site.context({ timezoneId, colorScheme: "light", viewport: { width: 1360, height: 850 } });
  const susan = await site.member("susan", { context: desk });
  await mary.choose("Happy to chat", "Sorting photographs");
  await josh.choose("Away", "Glue is drying");
  await susan.sees("mary", "Happy to chat Sorting photographs");
  await susan.sees("josh", "Away Glue is drying");
  await susan.sees("#room1", "4 online");

  await susan.open("#room1");
  await susan.open("jack");
  await jack.open("susan");
  for (const member of [jack, mary, josh]) await member.open("#room1");
  await mary.say("#room1", "Who has the van on Saturday?");
  await josh.say("#room1", "Me until nine. Then it is all yours, with a full tank.");
  await susan.hears("#room1", "josh", "Me until nine. Then it is all yours, with a full tank.");
  await susan.say("#room1", "The key is under the frog.");
  await mary.hears("#room1", "susan", "The key is under the frog.");
  await mary.say("#room1", "I will bring soup 🍲");

  await jack.say("susan", "Is the four free at dawn?");
  await susan.hears("jack", "jack", "Is the four free at dawn?");
  await susan.say("jack", "It is. Seven, before the wind comes up?");
  await jack.hears("susan", "susan", "It is. Seven, before the wind comes up?");
  await jack.say("susan", "Seven it is. I bring rolls and you bring the thermos.");
  await susan.hears("jack", "jack", "Seven it is. I bring rolls and you bring the thermos.");
  await susan.say("jack", "Deal. See you at the slip 🚣");
  await jack.hears("susan", "susan", "Deal. See you at the slip 🚣");
  await susan.hears("#room1", "mary", "I will bring soup 🍲");
  await susan.reload();
  await susan.hears("jack", "susan", "Deal. See you at the slip 🚣");
  await susan.hears("#room1", "mary", "I will bring soup 🍲");
  for (const whom of ["#room1", "jack"]) await susan.input(whom).click();
  await susan.roster();
  await jack.input("susan").pressSequentially("And ta");
  await susan.window("jack").locator(".is-typing").waitFor();
  await susan.page.mouse.move(0, 0);
  await susan.page.evaluate(() => document.activeElement.blur());
  await picture(susan, "home-light.png");
  await susan.page.emulateMedia({ colorScheme: "dark" });
  await picture(susan, "home-dark.png");
  await susan.page.emulateMedia({ colorScheme: "light" });
  for (const whom of ["jack", "#room1"]) await susan.window(whom).getByRole("button", { name: "Close" }).click();
  await susan.visit("rooms/room1");
  await susan.online();
  assert.equal(await susan.bar.locator("section.chat").count(), 0);
  await susan.page.locator("main .bubble", { hasText: "soup" }).waitFor();
  await picture(susan, "room.png");

  const pocket = await site.context({ timezoneId, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  const phone = await site.member("susan", { context: pocket });
  await phone.roster();
  await phone.entry("mary").waitFor();
  await picture(phone, "phone-roster.png");
  await phone.open("jack");
  await phone.hears("jack", "susan", "Deal. See you at the slip 🚣");
  await phone.page.evaluate(() => document.activeElement.blur());
  await picture(phone, "phone.png");
} finally {
  await site.close();
  await endBrowser();
}
for (const line of site.trouble) console.error(line);
process.exitCode = site.trouble.length > 0 ? 1 : 0;
