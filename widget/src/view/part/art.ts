// Default avatars: colours and shapes that follow from the id, initials that follow from the name.

/** Pairs of colours on which white letters have a contrast of 4.5 and more. */
const COLOURS: readonly (readonly [string, string])[] = [
  ["#4c5fd7", "#3446a8"],
  ["#2f6fbd", "#1f4f93"],
  ["#0f7490", "#0b566f"],
  ["#0d7a6b", "#0a5a50"],
  ["#2b7a42", "#1d5a31"],
  ["#5f7117", "#46550f"],
  ["#8f5f0e", "#6e460a"],
  ["#b0501f", "#863912"],
  ["#bd3d4e", "#932b3b"],
  ["#b03a78", "#86295b"],
  ["#8b47b3", "#68318a"],
  ["#6652c4", "#4b3b98"],
];

export interface Art {
  readonly from: string;
  readonly to: string;
  /** Degrees by which the shape is turned. */
  readonly turn: number;
  /** Which of the shapes: 0 to 2. */
  readonly shape: number;
}

export function artOf(id: string): Art {
  const hash = hashOf(id);
  const [from, to] = COLOURS[hash % COLOURS.length] ?? ["#4c5fd7", "#3446a8"];
  return { from, to, turn: (hash >>> 8) % 360, shape: (hash >>> 20) % 3 };
}

/** FNV-1a, with its bits mixed so that neighbouring ids differ. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const HAN_NAME = /^\p{Script=Han}{2,4}$/u;

/**
 * One or two graphemes: the first letters of the first and the last word; of a Chinese personal name the last character (the given
 * name), of other CJK names the first.
 */
export function initialsOf(name: string): string {
  const words = name.trim().split(/[\s._@-]+/u).filter((word) => /[\p{L}\p{N}\p{Emoji_Presentation}]/u.test(word));
  const first = words[0];
  if (first === undefined) return "";
  if (CJK.test(first)) return (HAN_NAME.test(name.trim()) ? graphemes(first).at(-1) : graphemes(first)[0]) ?? "";
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return (firstLetter(first) + (last === undefined ? "" : firstLetter(last))).toLocaleUpperCase();
}

function firstLetter(word: string): string {
  return graphemes(word).find((one) => /[\p{L}\p{N}\p{Emoji_Presentation}]/u.test(one)) ?? "";
}

function graphemes(text: string): string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}
