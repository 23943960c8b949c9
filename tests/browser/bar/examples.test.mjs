/* The sites of `examples/`, each started by its own one command. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import { after, test } from "node:test";
import { BINARY, ROOT, browserContext, endBrowser } from "./harness.mjs";
import { Member } from "./member.mjs";
import { until } from "./until.mjs";

after(endBrowser);

/** Plays on a running example. Nothing that the browser complains about is expected but 401 for whoever is not signed in. */
function example(name, play) {
  test(`examples/${name}`, { timeout: 120_000 }, async () => {
    const env = { ...process.env, NEXTIM_BINARY: BINARY };
    const child = spawn(path.join(ROOT, "examples", name, "run"), { env, stdio: ["ignore", "pipe", "inherit"] });
    const gone = new Promise((resolve) => child.once("exit", resolve));
    const [contexts, trouble] = [[], []];
    try {
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text) => (said += text));
      const address = await until(`${name} is there`, () => /the page is at (\S+)/.exec(said)?.[1]);
      const visitor = async (id, at = "") => {
        const context = await browserContext();
        contexts.push(context);
        const page = await context.newPage();
        page.on("pageerror", (error) => trouble.push(error.stack));
        page.on("console", (message) => {
          const isExpected = /status of 401/.test(message.text()) || message.location().url.endsWith("/favicon.ico");
          if (message.type() === "error" && !isExpected) trouble.push(`${message.text()} (${message.location().url})`);
        });
        await page.goto(address + at);
        return new Member(page, id, null);
      };
      await play(visitor);
      assert.deepEqual(trouble, [], "the browsers complained");
    } finally {
      for (const context of contexts) await context.close();
      child.kill("SIGTERM");
      await gone;
    }
  });
}

example("plain-html", async (visitor) => {
  const ada = await visitor("ada", "owner.html");
  await ada.page.getByLabel("Name").fill("ada");
  await ada.page.getByLabel("Password").fill("wrong and wrong");
  await ada.page.getByRole("button", { name: "Sign in" }).click();
  await ada.page.getByText("That is not right").waitFor();
  await ada.page.getByLabel("Password").fill("clay and glaze");
  await ada.page.getByRole("button", { name: "Sign in" }).click();
  await ada.page.locator("nextim-bar").getByRole("tab", { name: "People" }).waitFor();
  const guest = await visitor("guest");
  const ask = guest.page.getByRole("button", { name: "Ask Ada" });
  await guest.page.locator('[data-nextim-presence="available"]').waitFor();
  await ask.click();
  await guest.write("ada", "Is the kiln on?");
  const unread = ada.page.locator("nextim-bar").getByRole("region", { name: "Unread" }).locator("[data-row]");
  await unread.click();
  await ada.page.getByText("Is the kiln on?").waitFor();
  await ada.page.getByRole("textbox", { name: /^Message to / }).fill("Until five");
  await ada.page.getByRole("button", { name: "Send" }).click();
  await guest.window("ada").getByText("Until five").waitFor();
  await guest.window("ada").getByRole("button", { name: "Close" }).click();
  // The room in the page is for visitors as well.
  const room = guest.page.locator("[data-nextim-room]");
  await room.getByRole("button", { name: "Join room" }).click();
  await room.getByRole("textbox", { name: /^Message to / }).fill("Hello, workshop");
  await room.getByRole("button", { name: "Send" }).click();
  await room.locator(".line.sent", { hasText: "Hello, workshop" }).waitFor();
});

example("php-site", async (visitor) => {
  const signIn = async (id) => {
    const member = await visitor(id, "login.php");
    await member.page.getByLabel("Name").fill(id);
    await member.page.getByLabel("Password").fill("open sesame");
    await member.page.getByRole("button", { name: "Sign in" }).click();
    await member.online();
    return member;
  };
  const nobody = await visitor(null);
  assert.equal(await nobody.page.locator("script").count(), 0);
  const [ada, linus] = [await signIn("ada"), await signIn("linus")];
  await linus.page.getByRole("button", { name: "Talk to Ada Byron" }).click();
  await linus.write("ada", "Thirteen times?");
  await ada.window("linus").getByText("Thirteen times?").waitFor();
  // The next page of the site, and the conversation is there.
  await ada.page.getByRole("link", { name: "Linus T." }).click();
  await ada.online();
  await ada.window("linus").getByText("Thirteen times?").waitFor();
  await ada.write("linus", "Once more, then");
  await linus.window("ada").getByText("Once more, then").waitFor();
  await ada.page.getByRole("button", { name: "Sign out" }).click();
  await ada.page.getByRole("link", { name: "Sign in" }).waitFor();
  assert.equal(await ada.bar.count(), 0);
  await linus.page.locator('[data-nextim-chat="ada"][data-nextim-presence="unavailable"]').waitFor();
});

example("single-page", async (visitor) => {
  const [ada, grace] = [await visitor("ada"), await visitor("grace")];
  await ada.page.getByRole("button", { name: "Ada Byron" }).click();
  await grace.page.getByRole("button", { name: "Grace Hopper" }).click();
  await ada.online();
  await grace.online();
  await ada.page.locator('[data-nextim-chat="grace"][data-nextim-presence="available"]').first().waitFor();
  await ada.page.getByRole("button", { name: "Talk to Grace Hopper" }).click();
  await ada.write("grace", "What is in relay 70?");
  await grace.window("ada").getByText("What is in relay 70?").waitFor();
  // Routes come and go; the chat stays, and a view can have a room in it.
  const loaded = await grace.page.evaluate(() => performance.timeOrigin);
  await grace.page.getByRole("link", { name: "Stand-up" }).click();
  const room = grace.page.locator("[data-nextim-room]");
  await room.getByRole("textbox", { name: /^Message to / }).fill("All moths removed");
  await room.getByRole("textbox", { name: /^Message to / }).press("Enter");
  await ada.page.getByRole("link", { name: "Stand-up" }).click();
  await ada.page.locator("[data-nextim-room]").getByText("All moths removed").waitFor();
  await grace.page.goBack();
  await room.waitFor({ state: "detached" });
  assert.equal(await grace.page.evaluate(() => performance.timeOrigin), loaded, "the page was loaded once");
  // Ada goes, and Grace sits down at the same browser.
  await ada.page.getByRole("button", { name: "Sign out Ada Byron" }).click();
  await ada.page.getByRole("heading", { name: "Who are you?" }).waitFor();
  await grace.page.locator('[data-nextim-chat="ada"][data-nextim-presence="unavailable"]').first().waitFor();
  await ada.page.getByRole("button", { name: "Grace Hopper" }).click();
  await until("the chat is Grace's", async () => {
    const { id } = await ada.page.evaluate(() => new Promise((told) => void window.NextIM.on("ready", ({ user }) => told(user))));
    return id;
  }, (id) => id === "grace");
  await ada.page.locator('[data-nextim-chat="ada"][data-nextim-presence="unavailable"]').first().waitFor();
});
