// What every view can reach: the state and the commands, words and times, and how much room there is.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Locale, Translate } from "../locale/index.ts";
import type { Commands, Key, Person, State } from "../model/state.ts";
import type { Times } from "./time.ts";

export type Mode = "bar" | "inline" | "page";

/** What stays as it is while people talk. */
export interface Frame {
  readonly commands: Commands;
  readonly t: Translate;
  readonly times: Times;
  readonly locale: Locale;
  readonly mode: Mode;
  /** Only this conversation is shown. */
  readonly only: Key | null;
  /** One view at a time, for fingers. */
  readonly isNarrow: boolean;
  /** What relative addresses of pictures start from. */
  readonly base: string;
  readonly root: ShadowRoot;
  /** The server's time, in milliseconds since 1970. */
  readonly now: () => number;
}

export interface View extends Frame {
  readonly state: State;
}

export const FrameContext = createContext<Frame | null>(null);
export const ViewContext = createContext<View | null>(null);

/** For what is drawn many times, such as bubbles: it is not drawn anew with every change of the state. */
export function useFrame(): Frame {
  const frame = useContext(FrameContext);
  if (frame === null) throw new Error("a view stands outside of its mount");
  return frame;
}

export function useView(): View {
  const view = useContext(ViewContext);
  if (view === null) throw new Error("a view stands outside of its mount");
  return view;
}

export const personKey = (id: string): Key => `p:${id}`;
export const roomKey = (id: string): Key => `r:${id}`;
export const isRoom = (key: Key): boolean => key.startsWith("r:");
export const idOf = (key: Key): string => key.slice(2);

/** Someone of whom no more than the id is known. */
export function personOf(state: State, id: string): Person {
  return (
    state.people.get(id) ?? {
      id,
      name: id,
      picture: "",
      url: "",
      show: "unavailable",
      status: "",
      group: "",
      isFriend: false,
      isBlocked: state.blocked.includes(id),
      isTyping: false,
    }
  );
}

export function nameOf(state: State, key: Key): string {
  const id = idOf(key);
  return isRoom(key) ? (state.rooms.get(id)?.name ?? id) : personOf(state, id).name;
}

/** The conversation that is shown where there is room for one: the focused window. A room that the page has elsewhere is none. */
export function shownKey({ focused, windows, me, link }: State): Key | null {
  if (me === null || link.state === "signed_out" || link.state === "refused") return null;
  return windows.some(({ key, isMinimised }) => key === focused && !isMinimised) ? focused : null;
}

export const unreadOf = (state: State, key: Key): number => state.conversations.get(key)?.unread ?? 0;
