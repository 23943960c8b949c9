// Words of the chat bar: which language is spoken, and texts with their parameters and plurals.

import en from "./en.json";
import zhCN from "./zh-CN.json";
import zhTW from "./zh-TW.json";

export type TextKey = keyof typeof en;
export type Parameters = Readonly<Record<string, string | number>>;

/** A text, or its forms by the language's plural categories of `{count}`. */
type Entry = string | Readonly<Record<string, string>>;
type Dictionary = Readonly<Record<string, Entry>>;

/** The languages that we have, in their own names. */
export const LANGUAGES = { en: "English", "zh-CN": "简体中文", "zh-TW": "繁體中文" } as const;
export type Language = keyof typeof LANGUAGES;

const DICTIONARIES: Readonly<Record<Language, Dictionary>> = { en, "zh-CN": zhCN, "zh-TW": zhTW };

const RIGHT_TO_LEFT = /^(ar|arc|ckb|dv|fa|ha-arab|he|ks|ku-arab|ps|sd|ug|ur|yi)\b/i;

/** What the words, the dates and the direction follow. */
export interface Locale {
  /** Of dates and numbers, as it was asked for. */
  readonly tag: string;
  /** Of the words: the nearest that we have. */
  readonly language: Language;
  readonly direction: "ltr" | "rtl";
}

/**
 * The first wish that is a locale, and the nearest language that we have. `wishes` are tried in order; `auto` and the empty string
 * are no wish.
 */
export function chooseLocale(wishes: readonly (string | null | undefined)[], pageDirection = ""): Locale {
  const tags = wishes.map(canonical).filter((tag) => tag !== null);
  const tag = tags[0] ?? "en";
  const rtl = pageDirection === "rtl" || (pageDirection !== "ltr" && RIGHT_TO_LEFT.test(tag));
  return { tag, language: nearest(tag), direction: rtl ? "rtl" : "ltr" };
}

function canonical(tag: string | null | undefined): string | null {
  if (!tag || tag === "auto") return null;
  try {
    return Intl.getCanonicalLocales(tag.replaceAll("_", "-"))[0] ?? null;
  } catch {
    return null;
  }
}

function nearest(tag: string): Language {
  if (!/^zh\b/i.test(tag)) return "en";
  if (/-hans\b/i.test(tag)) return "zh-CN";
  return /-(hant|tw|hk|mo)\b/i.test(tag) ? "zh-TW" : "zh-CN";
}

/** Gives a text of the language. */
export interface Translate {
  (key: TextKey, parameters?: Parameters): string;
  /** Of a key that came as data; `fallback` where there is none. */
  any(key: string, fallback: TextKey, parameters?: Parameters): string;
}

/** The texts of a locale; `own` are a site's instead of ours, by the same keys. */
export function translator(locale: Locale, own: Readonly<Record<string, string>> = {}): Translate {
  const words = DICTIONARIES[locale.language];
  const plurals = new Intl.PluralRules(locale.language);
  const numbers = new Intl.NumberFormat(locale.tag);
  const isolated = (value: string) =>
    locale.direction === "rtl" || /[\u0590-\u08ff\ufb1d-\ufefc]/.test(value) ? `\u2068${value}\u2069` : value;

  function text(entry: Entry, parameters: Parameters): string {
    const form = typeof entry === "string" ? entry : entry[plurals.select(Number(parameters["count"]))];
    const pattern = form ?? (entry as Record<string, string>)["other"] ?? "";
    return pattern.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = parameters[name];
      if (value === undefined) return whole;
      return typeof value === "number" ? numbers.format(value) : isolated(value);
    });
  }
  // English words on a page that reads from the right keep their own direction.
  const whole = (words: string) => (locale.direction === "rtl" ? `\u2068${words}\u2069` : words);
  const entryOf = (key: string): Entry | undefined => (Object.hasOwn(own, key) ? own[key] : words[key]);
  const translate = (key: TextKey, parameters: Parameters = {}) => whole(text(entryOf(key) ?? key, parameters));
  return Object.assign(translate, {
    any: (key: string, fallback: TextKey, parameters: Parameters = {}) =>
      whole(text(Object.hasOwn(own, key) || Object.hasOwn(words, key) ? (entryOf(key) ?? key) : (entryOf(fallback) ?? fallback), parameters)),
  });
}
