// What the chat bar shows, and what can be asked of it: the one seam between the model and the views. Everything here is plain,
// immutable data; a view draws a `State` and calls `Commands`, and knows nothing of servers, tabs or storage.
//
// Agreed between the two sides:
// - `Message.error` and `Link.code` are codes of protocol/codes.md (`no_network`, `internal` … as well); the views have the words
//   (`error.<code>` in `locale`, else `error.unknown`). `Toast.key` is a key of `locale/en.json`, such as `toast.<what>`; the parameter
//   `reason` of `toast.failed` is a code, too.
// - The views keep the number of unread in the page's title. `view/sound.ts` makes sounds; who is the one to sound, the model knows.
// - The views call `focus(key)` when a window is entered and `focus(null)` when the person goes back to the page. On narrow screens and
//   in full-page mode the focused window is the one that is shown, and its back button calls `close(key)`. `open(key)` by a person
//   focuses; a window that opens by itself (`autoOpen`) must not take the focus. `close` of the focused window sets `focused` to null.
// - The views call `loadOlder(key)` when a list has room above its first message and `older` is `more`, also for an empty one.
// - Style sheets are imported as text: `loader: { ".css": "text" }` of esbuild, or, smaller, `minifiedCss` of `src/view/style/plugin.mjs`.

import type { ClientLink } from "../client/index.ts";

/** The six states of presence. `unavailable` is "not here". */
export type Show = "available" | "away" | "chat" | "dnd" | "invisible" | "unavailable";

/** What a person can choose for themselves, in the order of the menu. */
export const SHOWS: readonly Show[] = ["available", "chat", "away", "dnd", "invisible"];

/** One conversation: `p:` and a person's id, or `r:` and a room's id. */
export type Key = `p:${string}` | `r:${string}`;

/** How the page stands with the server. */
export type Link = ClientLink;

export interface Person {
  readonly id: string;
  readonly name: string;
  /** Address of a picture; empty: draw a default one from the id. */
  readonly picture: string;
  /** Address of their page on the site, or empty. */
  readonly url: string;
  readonly show: Show;
  /** The line they wrote about themselves. */
  readonly status: string;
  /** The site's group of this friend; `stranger` and `visitor` are ours. */
  readonly group: string;
  readonly isFriend: boolean;
  readonly isBlocked: boolean;
  /** Typing to us now. */
  readonly isTyping: boolean;
}

export interface Me extends Omit<Person, "group" | "isFriend" | "isBlocked" | "isTyping"> {
  readonly isGuest: boolean;
}

export interface Room {
  readonly id: string;
  readonly name: string;
  readonly picture: string;
  readonly url: string;
  readonly topic: string;
  /** Members online, and all; null: not known yet. */
  readonly online: number | null;
  readonly total: number | null;
  readonly isJoined: boolean;
  /** Its messages are kept from us at our wish. */
  readonly isSilenced: boolean;
  /** Made by members, not by the site. */
  readonly isAdHoc: boolean;
  /** Loaded when the room's member list is opened; null until then. */
  readonly members: readonly RoomMember[] | null;
  /** Names of people typing. */
  readonly typing: readonly string[];
}

export interface RoomMember {
  readonly id: string;
  readonly name: string;
  readonly picture: string;
  readonly show: Show;
}

export type Delivery =
  | "sending"
  | "sent"
  /** Not taken; `error` says why and `canRetry` whether another try makes sense. */
  | "failed";

export interface Message {
  /** Ours while it is sent, the server's afterwards; stable as a key for drawing. */
  readonly key: string;
  /** Place in the site's log; 0 while it is sent. */
  readonly seq: number;
  readonly from: string;
  readonly fromName: string;
  readonly fromPicture: string;
  readonly isMine: boolean;
  readonly body: string;
  /** Milliseconds since 1970 by the server's clock; our own, corrected, while it is sent. */
  readonly at: number;
  readonly delivery: Delivery;
  readonly error: string | null;
  readonly canRetry: boolean;
}

/** One conversation that is known to this page, open or not. */
export interface Conversation {
  readonly key: Key;
  readonly messages: readonly Message[];
  /** History before the first message: not asked yet / being read / there is none / could not be read. */
  readonly older: "more" | "loading" | "none" | "failed";
  readonly unread: number;
  /** Key of the first message that was not read when the window was opened, for the line "new"; null: none. */
  readonly firstUnread: string | null;
  /** What is typed and not sent yet; kept across pages. */
  readonly draft: string;
  readonly search: Search | null;
}

/** A search within one conversation. */
export interface Search {
  readonly query: string;
  readonly state: "typing" | "searching" | "done" | "failed";
  readonly hits: readonly Message[];
  readonly hasMore: boolean;
}

/** An open conversation window, in the order in which they stand. */
export interface ChatWindow {
  readonly key: Key;
  readonly isMinimised: boolean;
}

export type Panel = "none" | "roster" | "settings" | "notifications";

/** What the site wants the member to notice. */
export interface Notification {
  readonly key: string;
  readonly text: string;
  readonly url: string;
  readonly at: number;
}

/** An invitation into a room, waiting for an answer. */
export interface Invitation {
  readonly room: string;
  readonly roomName: string;
  readonly fromName: string;
}

/** Kept by the server, so the same in every tab and on every device. */
export interface Settings {
  readonly sound: boolean;
  /** Open a window when a message comes. */
  readonly autoOpen: boolean;
  /** The whole bar is only a button. */
  readonly minimised: boolean;
  readonly theme: "auto" | "light" | "dark";
  /** A locale, or `auto`. */
  readonly language: string;
  readonly desktop: boolean;
}

/** Something that is said once and goes away by itself, in words of the locale: `key` of a text, with its parameters. */
export interface Toast {
  readonly id: number;
  readonly key: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly isError: boolean;
}

export interface State {
  readonly link: Link;
  readonly me: Me | null;
  readonly people: ReadonlyMap<string, Person>;
  /** Friends, and strangers of this page, by group, in the site's order of groups and by presence and name within. */
  readonly groups: readonly { readonly name: string; readonly people: readonly string[]; readonly online: number }[];
  readonly rooms: ReadonlyMap<string, Room>;
  /** Our rooms in the order of the list. */
  readonly roomOrder: readonly string[];
  readonly conversations: ReadonlyMap<Key, Conversation>;
  readonly windows: readonly ChatWindow[];
  /** The window (or null) that takes what is typed. */
  readonly focused: Key | null;
  readonly panel: Panel;
  /** Of all conversations that are not looked at. */
  readonly unread: number;
  readonly notifications: readonly Notification[];
  readonly invitations: readonly Invitation[];
  /** People found by the roster's search in the whole site, besides those known; null: no search. */
  readonly found: { readonly query: string; readonly people: readonly string[]; readonly isSearching: boolean } | null;
  readonly blocked: readonly string[];
  readonly settings: Settings;
  readonly toasts: readonly Toast[];
  /** Server's clock minus ours, in milliseconds. */
  readonly clockSkewMs: number;
}

/** All that a view may ask for. Nothing throws, nothing waits: what comes of it is in the next `State`. */
export interface Commands {
  signIn(): void;
  signOut(): void;
  /** Tries to connect now. */
  reconnect(): void;

  setPanel(panel: Panel): void;
  open(key: Key): void;
  close(key: Key): void;
  minimise(key: Key, isMinimised: boolean): void;
  /** Puts a window at place `to` of the row. */
  move(key: Key, to: number): void;
  focus(key: Key | null): void;

  setDraft(key: Key, draft: string): void;
  send(key: Key, body: string): void;
  retry(key: Key, messageKey: string): void;
  /** Forgets a message that failed. */
  discard(key: Key, messageKey: string): void;
  loadOlder(key: Key): void;
  search(key: Key, query: string | null): void;
  moreHits(key: Key): void;
  clearHistory(key: Key): void;
  /** Gives the conversation as a file to the browser. */
  download(key: Key): void;

  setShow(show: Show): void;
  setStatus(status: string): void;
  findPeople(query: string | null): void;
  block(id: string, isBlocked: boolean): void;
  removeFriend(id: string): void;

  loadMembers(room: string): void;
  joinRoom(room: string): void;
  leaveRoom(room: string): void;
  silenceRoom(room: string, isSilenced: boolean): void;
  invite(room: string, people: readonly string[]): void;
  /** Makes a room of our own with these people and opens it. */
  makeRoom(name: string, people: readonly string[]): void;
  answerInvitation(room: string, accepts: boolean): void;

  dismissNotifications(): void;
  dismissToast(id: number): void;
  setSetting<K extends keyof Settings>(name: K, value: Settings[K]): void;
}

/** A state that changes, and the way to change it. */
export interface Store {
  readonly commands: Commands;
  get(): State;
  /** Calls `changed` after each change, at most once a frame; gives the way to stop it. */
  subscribe(changed: () => void): () => void;
}
