// The emoji to choose from, in the order of the picker. Their words, by which they are found and read out, are in the locales
// (`emoji.words.<group>`), in the same order.

export const EMOJI = {
  faces: "😀 😄 😁 😂 🤣 😅 😊 🙂 😉 😍 🥰 😘 😋 😜 🤔 🙄 😏 😌 😴 😎 🤩 🥳 😢 😭 😞 😳 😱 😡 🤯 😇 🤗 🤫",
  people: "👍 👎 👌 ✌️ 🤞 👏 🙌 🙏 🤝 💪 👋 ✋ 👉 ☝️ ✊ 🤷 🤦 🙋 👀 🧠",
  hearts: "❤️ 🧡 💛 💚 💙 💜 🖤 💔 💕 💯 ✨ ⭐ 🔥 💥 ✅ ❌ ❓ ❗",
  nature: "🐶 🐱 🐼 🐰 🦊 🐻 🐷 🐵 🦄 🐝 🌸 🌹 🌻 🌱 🍀 🌈 ☀️ 🌙 ☔ ❄️",
  food: "☕ 🍵 🧋 🍺 🍷 🥂 🍎 🍉 🍓 🍕 🍔 🍟 🍜 🍚 🥟 🍣 🍰 🍫",
  things: "🎉 🎂 🎁 🎈 🏆 ⚽ 🏀 🎮 🎵 🎬 📷 📚 💻 📱 💡 📌 📅 ⏰ 💰 🚀 ✈️ 🚗 🏠 🔒",
} as const;

export type EmojiGroup = keyof typeof EMOJI;

export const EMOJI_GROUPS = Object.keys(EMOJI) as EmojiGroup[];

export interface Emoji {
  readonly sign: string;
  /** The first is its name. */
  readonly words: readonly string[];
}

/** The emoji of a group, with their words of a locale (divided by `|`, and by commas within). */
export function emojiOf(group: EmojiGroup, words: string): Emoji[] {
  const named = words.split("|");
  return EMOJI[group].split(" ").map((sign, at) => ({ sign, words: named[at]?.split(",") ?? [sign] }));
}
