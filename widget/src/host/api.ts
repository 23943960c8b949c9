// `NextIM`, the one global: commands that can be given before the bar is there, and events. The loader makes it and keeps the commands;
// the bar takes them over.

import type { HostSettings } from "./settings.ts";

export const COMMANDS = [
  "open",
  "close",
  "toggle",
  "openConversation",
  "openRoom",
  "identify",
  "logout",
  "setLocale",
  "setTheme",
  "on",
  "off",
  "destroy",
] as const;

export type Command = (typeof COMMANDS)[number];
export type Call = readonly [name: Command, ...values: unknown[]];
export type Listener = (event: unknown) => void;

/** How the loader and the bar find each other. */
export interface Shell {
  readonly settings: HostSettings;
  /** Where the loader is: all else of ours is below. */
  readonly folder: string;
  /** Gives all commands, the early ones first, to the bar. */
  take(carryOut: (call: Call) => void): void;
}

/** `NextIM("open")`, `NextIM.open()` and `NextIM.push(["open"])` are the same. */
export type NextIM = ((...call: unknown[]) => unknown) &
  Record<Command, (...values: unknown[]) => unknown> & {
    push(...calls: unknown[][]): void;
    /** Not for pages. */
    readonly _: Shell;
  };

declare global {
  interface Window {
    NextIM?: NextIM;
    nextimSettings?: unknown;
  }
}

/** The global, with what a page has left in the place where it stands. */
export function makeApi(settings: HostSettings, folder: string, early: unknown): NextIM {
  const calls: Call[] = [];
  let carryOut = (call: Call): void => void calls.push(call);
  const run = (...call: unknown[]): unknown => {
    if (!(COMMANDS as readonly unknown[]).includes(call[0])) return undefined;
    carryOut(call as unknown as Call);
    // `on` gives the way to stop it.
    return call[0] === "on" ? () => carryOut(["off", ...call.slice(1)]) : undefined;
  };
  const shell: Shell = {
    settings,
    folder,
    take(by) {
      carryOut = by;
      for (const call of calls.splice(0)) by(call);
    },
  };
  const api = run as unknown as NextIM & Record<string, unknown>;
  for (const name of COMMANDS) Object.defineProperty(api, name, { value: (...values: unknown[]) => run(name, ...values) });
  Object.defineProperty(api, "push", { value: (...all: unknown[][]) => all.forEach((call) => run(...call)) });
  Object.defineProperty(api, "_", { value: shell });
  for (const call of earlyCalls(early)) run(...call);
  return api;
}

/** What was said before there was anybody to hear it: a list of calls, or a function that keeps them in its `q`. */
function earlyCalls(early: unknown): unknown[][] {
  const kept = Array.isArray(early) ? early : (early as { q?: unknown } | null | undefined)?.q;
  if (!Array.isArray(kept)) return [];
  return kept.map((call: ArrayLike<unknown>) => (typeof call === "string" ? [call] : Array.from(call)));
}
