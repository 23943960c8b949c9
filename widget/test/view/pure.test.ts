// What views work out without a page: rows, links, avatars, times, and which windows fit.

import { expect, test } from "vitest";
import { chooseLocale, translator } from "../../src/locale/index.ts";
import type { ChatWindow, Message } from "../../src/model/state.ts";
import { piecesOf, safeAddress } from "../../src/view/chat/links.ts";
import { isOnlyEmoji, rowsOf } from "../../src/view/chat/rows.ts";
import { fit, placeOf } from "../../src/view/layout/fit.ts";
import { artOf, initialsOf } from "../../src/view/part/art.ts";
import { timesOf } from "../../src/view/time.ts";
import { titleCounter } from "../../src/view/title.ts";

const NOON = new Date(2026, 10, 19, 12).getTime();
const MINUTE = 60_000;
const said = (key: string, from: string, at: number, more: Partial<Message> = {}): Message => ({
  key,
  seq: 1,
  from,
  fromName: from,
  fromPicture: "",
  isMine: from === "me",
  body: key,
  at,
  delivery: "sent",
  error: null,
  canRetry: false,
  ...more,
});

test("bubbles group by person, pause, day and what is new", () => {
  const messages = [
    said("a", "ada", NOON - 24 * 60 * MINUTE),
    said("b", "ada", NOON),
    said("c", "ada", NOON + MINUTE),
    said("d", "me", NOON + 2 * MINUTE),
    said("e", "me", NOON + 9 * MINUTE),
    said("f", "me", NOON + 9 * MINUTE),
  ];
  const drawn = rowsOf(messages, "c").map((row) => (row.kind === "group" ? row.messages.map((one) => one.key).join("") : row.kind));
  expect(drawn).toEqual(["day", "a", "day", "b", "new", "c", "d", "ef"]);
});

test("what failed ends its group, so that its retry stands below it", () => {
  const rows = rowsOf([said("a", "me", NOON, { delivery: "failed" }), said("b", "me", NOON)], null);
  expect(rows.filter((row) => row.kind === "group")).toHaveLength(2);
});

test("emoji alone are large", () => {
  for (const body of ["🎉", "👍🏽 👍", "👩‍👩‍👧‍👦", "❤️", "🇩🇪"]) expect(isOnlyEmoji(body), body).toBe(true);
  for (const body of ["", "7", "hi 🎉", "🎉🎉🎉🎉", "#"]) expect(isOnlyEmoji(body), body).toBe(false);
});

const linksIn = (body: string) => piecesOf(body).filter((piece) => piece.href !== null).map((piece) => piece.href);

test.each([
  ["See https://example.com/a_(b), and (http://example.org).", ["https://example.com/a_(b)", "http://example.org/"]],
  ["www.example.org.", ["https://www.example.org/"]],
  ["Write to ada@example.com!", ["mailto:ada@example.com"]],
  ["看看https://example.com/路径，很好", ["https://example.com/%E8%B7%AF%E5%BE%84"]],
  ["javascript:alert(1) data:text/html,x vbscript:x file:///etc", []],
  ["<a href='http://example.com'>x</a>", ["http://example.com/"]],
])("links of %j", (body, links) => {
  expect(linksIn(body)).toEqual(links);
  expect(piecesOf(body).map((piece) => piece.text).join("")).toBe(body);
});

test("only http, https and mailto may be followed", () => {
  expect(safeAddress("/people/1", "https://example.com/x")).toBe("https://example.com/people/1");
  for (const bad of ["javascript:alert(1)", " java\nscript:alert(1)", "data:text/html,x", "blob:https://x/1", "//"]) {
    expect(safeAddress(bad), bad).toBeNull();
  }
});

test.each([
  ["Ada Lovelace", "AL"],
  ["mo", "M"],
  ["王晓明", "明"],
  ["田中 花", "田"],
  ["김철수 과장", "김"],
  ["élodie", "É"],
  ["👩‍🚀 Zoë", "👩‍🚀Z"],
  ["  ", ""],
  ["user_8812", "U8"],
])("initials of %s are %s", (name, initials) => expect(initialsOf(name)).toBe(initials));

test("a default avatar follows from the id alone, and ids differ", () => {
  expect(artOf("ada")).toEqual(artOf("ada"));
  const colours = Array.from({ length: 200 }, (_, at) => artOf(`${at}`).from);
  expect(new Set(colours).size).toBe(12);
});

/** Relative luminance of `#rrggbb`. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("white initials can be read on every colour", () => {
  for (let at = 0; at < 500; at += 1) {
    const { from, to } = artOf(`${at}`);
    for (const colour of [from, to]) expect(1.05 / (luminance(colour) + 0.05), colour).toBeGreaterThan(4.5);
  }
});

const WIDTHS = { open: 328, chip: 176, gap: 12, more: 64 };
const windows = (...keys: string[]): ChatWindow[] => keys.map((key) => ({ key: `p:${key}`, isMinimised: key.endsWith("-") }));
const names = (some: readonly ChatWindow[]) => some.map((one) => one.key.slice(2)).join(" ");

test("the last windows and the focused one stay, the others are behind a chip", () => {
  const all = windows("a", "b", "c-", "d");
  expect(names(fit(all, null, 4000, WIDTHS).hidden)).toBe("");
  expect(names(fit(all, null, 940, WIDTHS).shown)).toBe("c- d");
  expect(names(fit(all, "p:a", 940, WIDTHS).shown)).toBe("a d");
  expect(names(fit(all, "p:a", 800, WIDTHS).hidden)).toBe("b c-");
  expect(names(fit(all, null, 10, WIDTHS).shown)).toBe("d");
});

test("a dragged window takes its place by the middles of the others", () => {
  expect(placeOf(50, [100, 200], false)).toBe(0);
  expect(placeOf(150, [100, 200], false)).toBe(1);
  expect(placeOf(50, [200, 100], true)).toBe(2);
});

test("days are called by their names, by the server's clock", () => {
  const locale = chooseLocale(["en-GB"]);
  const times = timesOf(locale.tag, translator(locale), () => NOON);
  const day = 24 * 60 * MINUTE;
  expect([0, 1, 3, 60, 700].map((days) => times.day(NOON - days * day))).toEqual(["Today", "Yesterday", "Monday", "20 September", "19 December 2024"]);
  expect(times.clock(NOON)).toBe("12:00");
  expect(times.brief(NOON - 3 * day)).toBe("16 Nov");
});

test("the number of unread stands in the title, and a title that the page changes meanwhile is kept", () => {
  const page = { title: "Forum" } as Document;
  const counter = titleCounter(page);
  counter.show(3);
  expect(page.title).toBe("(3) Forum");
  page.title = "Topic";
  counter.show(120);
  expect(page.title).toBe("(99+) Topic");
  counter.restore();
  expect(page.title).toBe("Topic");
});
