// How the views behave under a keyboard, a mouse and a hostile page, in a real browser and under a strict policy.

import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { Conversation, Key, Message, State } from "../../src/model/state.ts";
import { PHONE, called, focused, hasBrowser, useGallery } from "./browser.ts";

interface Page_ {
  gallery: { store: { get(): State }; set(more: Partial<State>): void; message(from: string, minutesAgo: number, body: string): Message; unmount(): void };
}

/** Changes a conversation as the model would. */
async function change(page: Page, key: Key, how: { before?: number; after?: number; more?: Partial<Conversation> }): Promise<void> {
  await page.evaluate(
    ({ key, how }) => {
      const { store, set, message } = (globalThis as unknown as Page_).gallery;
      const was = store.get().conversations.get(key) as Conversation;
      const some = (count = 0, minutesAgo: number) => Array.from({ length: count }, (_, at) => message("ada", minutesAgo, `line ${at}`));
      const messages = [...some(how.before, 5000), ...was.messages, ...some(how.after, 0)];
      set({ conversations: new Map(store.get().conversations).set(key, { ...was, ...how.more, messages }) });
    },
    { key, how },
  );
}

const place = (page: Page) => page.locator(".log").evaluate((log) => ({ top: log.scrollTop, rest: log.scrollHeight - log.clientHeight - log.scrollTop }));

describe.skipIf(!hasBrowser)("views", () => {
  const open = useGallery();

  // Negative control: take `isComposing(event)` out of the composer.
  test("Enter sends, Shift and Enter do not, and an input method keeps its Enter", async () => {
    const page = await open("chat");
    const field = page.getByRole("textbox", { name: "Message to Ada Lovelace" });
    await field.fill("ni hao");
    await field.dispatchEvent("keydown", { key: "Enter", isComposing: true });
    await field.press("Shift+Enter");
    expect(await called(page, "send")).toEqual([]);
    await field.press("Enter");
    expect(await called(page, "send")).toEqual([["p:ada", "ni hao\n"]]);
    expect(await field.inputValue()).toBe("");
    await field.press("Enter");
    expect(await called(page, "send")).toHaveLength(1);
  });

  test("a message over the limit in bytes cannot be sent", async () => {
    const page = await open("chat");
    const field = page.getByRole("textbox", { name: "Message to Ada Lovelace" });
    await field.fill("好".repeat(21_846));
    expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    await field.fill("好".repeat(21_845));
    expect(await page.getByRole("button", { name: "Send" }).isEnabled()).toBe(true);
  });

  // Negative control: take the line with `was.height` out of the list.
  test("the list keeps its place when older messages come, and the bottom when new ones do", async () => {
    const page = await open("chat");
    await change(page, "p:ada", { after: 30 });
    await expect.poll(async () => (await place(page)).rest).toBeLessThan(2);
    await page.locator(".log").evaluate((log) => (log.scrollTop = 200));
    const anchor = page.getByText("That is the best review");
    await page.waitForTimeout(50);
    const before = (await anchor.boundingBox())?.y ?? Number.NaN;
    await change(page, "p:ada", { before: 40 });
    await page.waitForTimeout(50);
    expect((await anchor.boundingBox())?.y).toBeCloseTo(before, 0);
    await change(page, "p:ada", { after: 2 });
    await page.getByRole("button", { name: "2 new messages" }).click();
    await expect.poll(async () => (await place(page)).rest).toBeLessThan(2);
  });

  test("older messages are asked for once, when there is room above", async () => {
    const page = await open("chat-new");
    await page.locator(".log").evaluate((log) => (log.scrollTop = 0));
    await expect.poll(() => called(page, "loadOlder")).toEqual([["p:ada"]]);
  });

  test("the roster is walked with arrow keys; a conversation takes the focus and gives it back", async () => {
    const page = await open("roster");
    await page.getByRole("tab", { name: "People" }).focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    expect(await focused(page)).toBe("p:ada");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect.poll(() => focused(page)).toBe("Message to Bo Svensson");
    await page.keyboard.press("Escape");
    await expect.poll(() => focused(page)).toBe("p:bo");
    expect(await called(page, "close")).toEqual([["p:bo"]]);
  });

  // Negative control: make it `useEffect` in `useFocus`.
  test("a conversation has the focus as soon as it is there", async () => {
    const page = await open("roster");
    await page.getByRole("tab", { name: "People" }).click();
    const opened = await page.evaluate(async () => {
      const root = document.activeElement?.shadowRoot;
      root?.querySelector<HTMLElement>('[data-row="p:bo"]')?.click();
      // No frame and no timer comes in between.
      for (let at = 0; at < 20; at += 1) await Promise.resolve();
      return { isThere: root?.querySelector('section[data-key="p:bo"]') !== null, focused: root?.activeElement?.getAttribute("aria-label") };
    });
    expect(opened).toEqual({ isThere: true, focused: "Message to Bo Svensson" });
  });

  test("a page that has just loaded keeps its focus", async () => {
    const page = await open("chat");
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
  });

  test("a menu opens, is walked and closed with keys", async () => {
    const page = await open("chat");
    await page.getByRole("button", { name: "More actions" }).focus();
    await page.keyboard.press("Enter");
    expect(await focused(page)).toBe("View profile");
    await page.keyboard.press("End");
    expect(await focused(page)).toBe("Block Ada Lovelace…");
    await page.keyboard.press("Enter");
    expect(await page.getByRole("alertdialog").innerText()).toContain("Block Ada Lovelace?");
    expect(await focused(page)).toBe("Cancel");
    await page.keyboard.press("Escape");
    await expect.poll(() => focused(page)).toBe("More actions");
    expect(await called(page, "block")).toEqual([]);
  });

  test("windows are put in another order by the mouse and by the menu", async () => {
    const page = await open("overflow");
    const head = page.locator(".chat[data-key='p:ada'] .head .who");
    const box = (await head.boundingBox())!;
    await page.mouse.move(box.x + 5, box.y + 5);
    await page.mouse.down();
    await page.mouse.move(box.x - 320, box.y + 5, { steps: 6 });
    await page.mouse.up();
    expect(await called(page, "move")).toEqual([["p:ada", 5]]);
    await page.locator(".chat[data-key='p:ada']").getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Move window right" }).click();
    expect((await called(page, "move"))[1]).toEqual(["p:ada", 6]);
  });

  test("what failed can be sent again or given up", async () => {
    const page = await open("chat-failed");
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByRole("button", { name: "Discard" }).click();
    expect([(await called(page, "retry")).length, (await called(page, "discard")).length]).toEqual([1, 1]);
    expect(await page.getByText("Not sent").count()).toBe(0);
  });

  test("messages are walked with arrow keys, and each can be copied", async () => {
    const page = await open("chat");
    await page.getByRole("log").focus();
    await page.keyboard.press("ArrowUp");
    expect(await focused(page)).toContain("row F");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Copy");
  });

  test("what people write stays text", async () => {
    const page = await open("chat-hostile");
    const log = page.getByRole("log");
    expect(await log.locator("img, b, script").count()).toBe(0);
    expect(await log.locator("a").evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).protocol))).toEqual(["http:", "https:"]);
    expect(await log.locator("a").first().getAttribute("rel")).toBe("noopener noreferrer ugc");
    expect(await log.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true);
  });

  // Negative control: take `all:initial!important` out of style/index.ts.
  test("a hostile page's styles do not reach the chat", async () => {
    const page = await open("chat");
    const look = () =>
      page.locator(".nextim").evaluate((whole) => {
        const parts = [...whole.querySelectorAll(".chat, .bubble, .launcher, .send, textarea, .name")];
        return parts.map((part) => {
          const { color, fontSize, letterSpacing, textTransform, display, opacity, backgroundColor } = getComputedStyle(part);
          return [color, fontSize, letterSpacing, textTransform, display, opacity, backgroundColor, part.getBoundingClientRect().width];
        });
      });
    const before = await look();
    await page.evaluate(() => document.documentElement.classList.add("hostile"));
    expect(await look()).toEqual(before);
  });

  test("on a phone one view is shown at a time, and the focus stays in it", async () => {
    const page = await open("roster", PHONE);
    expect(await page.getByRole("dialog").getAttribute("aria-modal")).toBe("true");
    await page.locator("[data-row='p:ada']").click();
    await page.getByRole("region", { name: "Conversation with Ada Lovelace" }).waitFor();
    for (let at = 0; at < 12; at += 1) {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.closest(".sheet") !== null)).toBe(true);
    }
    await page.getByRole("button", { name: "Back" }).click();
    expect(await called(page, "close")).toEqual([["p:ada"]]);
    await page.getByRole("button", { name: "Close" }).click();
    await expect.poll(() => focused(page)).toContain("Open chat");
    expect(await page.evaluate(() => document.documentElement.style.overflow)).toBe("");
  });

  test("an emoji is found by its word and put where one writes", async () => {
    const page = await open("chat");
    const field = page.getByRole("textbox", { name: "Message to Ada Lovelace" });
    await field.fill("ab");
    await field.evaluate((area) => (area as HTMLTextAreaElement).setSelectionRange(1, 1));
    await page.getByRole("button", { name: "Emoji" }).click();
    await page.keyboard.type("birthday");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    expect(await field.inputValue()).toBe("a🎂b");
    expect(await focused(page)).toBe("Message to Ada Lovelace");
  });

  test("the title says how much is unread, until the chat goes", async () => {
    const page = await open("launcher-unread");
    expect(await page.title()).toBe("(12) NextIM gallery");
    await page.evaluate(() => (globalThis as unknown as Page_).gallery.unmount());
    await expect.poll(() => page.title()).toBe("NextIM gallery");
    expect(await page.locator(".nextim").count()).toBe(0);
  });
});
