// Words: the same keys in every language, the right language for every page, plurals, and marks of direction.

import { expect, test } from "vitest";
import en from "../../src/locale/en.json";
import { chooseLocale, translator } from "../../src/locale/index.ts";
import zhCN from "../../src/locale/zh-CN.json";
import zhTW from "../../src/locale/zh-TW.json";
import { EMOJI, EMOJI_GROUPS, emojiOf } from "../../src/view/chat/emoji_list.ts";

const LANGUAGES = { en, "zh-CN": zhCN, "zh-TW": zhTW };

// Negative control: take one key out of zh-TW.json.
test("every language has every text, with the same parameters", () => {
  for (const [language, words] of Object.entries(LANGUAGES)) {
    expect(Object.keys(words), language).toEqual(Object.keys(en));
    for (const [key, entry] of Object.entries(words)) {
      const forms = typeof entry === "string" ? [entry] : Object.values(entry);
      const wanted = parametersOf(Object.entries(en).find(([other]) => other === key)?.[1]);
      for (const form of forms) expect(parametersOf(form), `${language} ${key}`).toEqual(wanted);
    }
  }
});

function parametersOf(entry: unknown): string[] {
  const text = typeof entry === "string" ? entry : (entry as { other: string }).other;
  return [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();
}

test("plural forms are those of the language", () => {
  for (const [language, words] of Object.entries(LANGUAGES)) {
    const wanted = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
    for (const entry of Object.values(words)) if (typeof entry !== "string") expect(Object.keys(entry).sort()).toEqual(wanted);
  }
});

test("every emoji has a word in every language", () => {
  for (const words of Object.values(LANGUAGES)) {
    for (const group of EMOJI_GROUPS) {
      expect(words[`emoji.words.${group}`].split("|")).toHaveLength(EMOJI[group].split(" ").length);
      for (const { words: names } of emojiOf(group, words[`emoji.words.${group}`])) expect(names.every((name) => name !== "")).toBe(true);
    }
  }
});

test.each([
  [["zh-Hant"], "zh-TW"],
  [["zh-HK"], "zh-TW"],
  [["zh-MO"], "zh-TW"],
  [["zh-Hans-HK"], "zh-CN"],
  [["zh"], "zh-CN"],
  [["zh_CN"], "zh-CN"],
  [["zh-SG"], "zh-CN"],
  [["auto", "", null, "zh-tw"], "zh-TW"],
  [["not a locale!", "de-AT"], "en"],
  [[], "en"],
] as const)("of %j it speaks %s", (wishes, language) => {
  expect(chooseLocale(wishes).language).toBe(language);
});

test("direction comes from the page, else from the locale", () => {
  expect(chooseLocale(["ar-EG"]).direction).toBe("rtl");
  expect(chooseLocale(["ar"], "ltr").direction).toBe("ltr");
  expect(chooseLocale(["en"], "rtl").direction).toBe("rtl");
  expect(chooseLocale(["fr"]).direction).toBe("ltr");
});

test("numbers choose the plural, names keep their direction", () => {
  const t = translator(chooseLocale(["en"]));
  expect(t("bar.unread", { count: 1 })).toBe("1 unread message");
  expect(t("bar.unread", { count: 1234 })).toBe("1,234 unread messages");
  expect(t("chat.with", { name: "Ada" })).toBe("Conversation with Ada");
  expect(t("chat.with", { name: "ليلى" })).toBe("Conversation with \u2068ليلى\u2069");
  expect(t("chat.with", { name: "{name} $& __proto__" })).toBe("Conversation with {name} $& __proto__");
});

test("a site's own words count more, and unknown keys fall back", () => {
  const t = translator(chooseLocale(["en"]), { "bar.chat": "Plaudern" });
  expect(t("bar.chat")).toBe("Plaudern");
  expect(t.any("error.too_large", "error.unknown")).toBe("It is too long.");
  expect(t.any("error.constructor", "error.unknown")).toBe("Something went wrong.");
  expect(t.any("toString", "error.unknown")).toBe("Something went wrong.");
});
