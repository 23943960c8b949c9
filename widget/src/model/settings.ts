// The member's settings as the server keeps them: under the names that the family's clients know, where they have one, so that a
// member who comes by an old client finds them as they were.

import { decode, encode, isObject, text } from "../client/index.ts";
import type { ChatWindow, Key, Settings } from "./state.ts";

const NAMES: Readonly<Record<keyof Settings, string>> = {
  sound: "play_sound",
  autoOpen: "msg_auto_pop",
  minimised: "minimize_layout",
  theme: "nextim_theme",
  language: "nextim_language",
  desktop: "nextim_desktop",
};

/** Open windows are a setting, too: a new tab, or another device, begins with them. */
export const WINDOWS = "nextim_windows";
/** The most windows that are kept. */
const WINDOWS_MAX = 8;

/** The settings among what the server keeps. */
export function settingsOf(kept: Readonly<Record<string, unknown>>): Partial<Settings> {
  const settings: Record<string, unknown> = {};
  for (const [name, wireName] of Object.entries(NAMES)) {
    const value = kept[wireName];
    const isText = name === "theme" || name === "language";
    if (isText && text(value) !== "") settings[name] = value;
    if (!isText && value !== undefined && value !== null) settings[name] = value === true || value === "true" || text(value) === "1";
  }
  if (!["auto", "light", "dark"].includes(text(settings.theme))) delete settings.theme;
  return settings as Partial<Settings>;
}

/** The same the other way round. */
export function kept(settings: Partial<Settings>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [NAMES[name as keyof Settings], value]));
}

/** Windows as a text, and back. */
export function windowsText(windows: readonly ChatWindow[]): string {
  return encode(windows.slice(-WINDOWS_MAX).map(({ key, isMinimised }) => [key, isMinimised ? 1 : 0]));
}

export function windowsOf(value: unknown): readonly ChatWindow[] {
  const parsed = typeof value === "string" ? decode(value) : value;
  if (!Array.isArray(parsed)) return [];
  const windows = parsed.flatMap((one: unknown): ChatWindow[] => {
    const [key, isMinimised] = Array.isArray(one) ? (one as unknown[]) : [];
    return isKey(key) ? [{ key, isMinimised: isMinimised === 1 }] : [];
  });
  return windows.slice(-WINDOWS_MAX);
}

export function isKey(value: unknown): value is Key {
  return typeof value === "string" && /^[pr]:./.test(value);
}

/** Drafts by conversation, out of what was kept. */
export function draftsOf(value: unknown): readonly (readonly [Key, string])[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, draft]) => (isKey(key) && typeof draft === "string" ? [[key, draft] as const] : []));
}
