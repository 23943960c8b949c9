// Every view and every state of it, by name: the gallery shows them, its pictures and the accessibility checks go through them.

import type { ChatWindow, Conversation, Key, Message, Person, State } from "../src/model/state.ts";
import { IN_BOOKS, NOW, PEOPLE, ROOMS, WITH_ADA, WITH_WANG, message } from "./people.ts";

export interface Scene {
  readonly state: State;
  readonly mode?: "bar" | "inline" | "page";
  readonly only?: Key;
  /** What to press after it is drawn: labels of buttons or texts, one after the other. */
  readonly press?: readonly string[];
  /** Not for narrow screens, or only for them. */
  readonly on?: "desktop" | "phone";
}

const conversation = (key: Key, messages: readonly Message[], more: Partial<Conversation> = {}): Conversation => ({
  key,
  messages,
  older: "none",
  unread: 0,
  firstUnread: null,
  draft: "",
  search: null,
  ...more,
});

const byKey = (list: readonly Conversation[]) => new Map(list.map((one) => [one.key, one]));
const window = (key: Key, isMinimised = false): ChatWindow => ({ key, isMinimised });
const idsOf = (group: string) => PEOPLE.filter((one) => one.group === group).map((one) => one.id);
const groupOf = (name: string) => ({
  name,
  people: idsOf(name),
  online: PEOPLE.filter((one) => one.group === name && one.show !== "unavailable").length,
});

const SETTINGS: State["settings"] = { sound: true, autoOpen: true, minimised: false, theme: "auto", language: "auto", desktop: false };

export const CALM: State = {
  link: { state: "online" },
  me: { id: "me", name: "Sam Rivera", picture: "", url: "/people/me", show: "available", status: "Half way through", isGuest: false },
  people: new Map(PEOPLE.map((one) => [one.id, one])),
  groups: ["Book club", "Friends of the site", "stranger", "visitor"].map(groupOf),
  rooms: new Map(ROOMS.map((one) => [one.id, one])),
  roomOrder: ROOMS.map((one) => one.id),
  conversations: byKey([conversation("p:ada", WITH_ADA), conversation("p:wang", WITH_WANG), conversation("r:books", IN_BOOKS)]),
  windows: [],
  focused: null,
  panel: "none",
  unread: 0,
  notifications: [],
  invitations: [],
  found: null,
  blocked: [],
  settings: SETTINGS,
  toasts: [],
  clockSkewMs: 0,
};

const with_ = (more: Partial<State>): State => ({ ...CALM, ...more });
const changed = (id: string, more: Partial<Person>) => new Map(CALM.people).set(id, { ...(CALM.people.get(id) as Person), ...more });
const chats = (...list: Conversation[]) => byKey([...CALM.conversations.values(), ...list]);
const ada: Partial<State> = { windows: [window("p:ada")], focused: "p:ada" };
const adaWith = (messages: readonly Message[], more: Partial<Conversation> = {}) => with_({ ...ada, conversations: chats(conversation("p:ada", messages, more)) });
const books: Partial<State> = { windows: [window("r:books")], focused: "r:books" };
const booksWith = (more: Partial<(typeof ROOMS)[number]>) => with_({ ...books, rooms: new Map(CALM.rooms).set("books", { ...ROOMS[0]!, ...more }) });

const MEMBERS = PEOPLE.slice(0, 7).map(({ id, name, picture, show }) => ({ id, name, picture, show }));
const UNREAD = chats(
  conversation("p:ada", WITH_ADA, { unread: 3 }),
  conversation("r:books", IN_BOOKS, { unread: 128 }),
  conversation("p:wang", WITH_WANG, { unread: 1 }),
);
const NEWS: Partial<State> = {
  notifications: [
    { key: "n1", text: "Carmen answered your review of “The Overstory”", url: "https://example.com/reviews/12", at: NOW - 9 * 60_000 },
    { key: "n2", text: "The site is read-only on Sunday from 02:00 to 02:30.", url: "", at: NOW - 26 * 3_600_000 },
  ],
  invitations: [{ room: "garden", roomName: "Balcony gardeners", fromName: "Bo Svensson" }],
};
const SEARCH = { query: "row", state: "done" as const, hits: [WITH_ADA[9]!, WITH_ADA[6]!, message("ada", 9000, "The front row is too loud for me, and the last one is too far away from the door.")], hasMore: true };

const OFFLINE_LINKS = {
  connecting: { state: "connecting" },
  reconnecting: { state: "reconnecting", retryAt: NOW + 8_400 },
  offline: { state: "offline" },
} as const;

export const SCENES: Readonly<Record<string, Scene>> = {
  launcher: { state: CALM },
  "launcher-unread": { state: with_({ unread: 12, conversations: UNREAD }) },
  "launcher-round": { state: with_({ unread: 3, conversations: UNREAD, settings: { ...SETTINGS, minimised: true } }) },
  roster: { state: with_({ panel: "roster", ...NEWS }) },
  "roster-unread": { state: with_({ panel: "roster", unread: 132, conversations: UNREAD, people: changed("ada", { isTyping: true }) }) },
  "roster-first": { state: with_({ panel: "roster", conversations: new Map() }) },
  "roster-empty": { state: with_({ panel: "roster", groups: [], roomOrder: [], conversations: new Map() }) },
  "roster-rooms": { state: with_({ panel: "roster" }), press: ["Rooms"] },
  "roster-rooms-empty": { state: with_({ panel: "roster", roomOrder: [] }), press: ["Rooms"] },
  "roster-presence": { state: with_({ panel: "roster" }), press: ["Your presence: Online"] },
  "roster-found": { state: with_({ panel: "roster", found: { query: "o", people: ["zoe", "spam"], isSearching: true } }), press: ["type:Search people and rooms:o"] },
  "roster-nothing": { state: with_({ panel: "roster", found: { query: "xyz", people: [], isSearching: false } }), press: ["type:Search people and rooms:xyz"] },
  "roster-guest": { state: with_({ panel: "roster", me: { ...CALM.me!, name: "Visitor 7", status: "", show: "dnd", isGuest: true }, groups: [groupOf("stranger")] }) },
  "roster-loading": { state: with_({ panel: "roster", me: null, link: OFFLINE_LINKS.connecting }) },
  "roster-reconnecting": { state: with_({ panel: "roster", link: OFFLINE_LINKS.reconnecting }) },
  "roster-offline": { state: with_({ panel: "roster", link: OFFLINE_LINKS.offline }) },
  "new-room": { state: with_({ panel: "roster" }), press: ["Rooms", "New room", "choice:1", "choice:3"] },
  "signed-out": { state: with_({ panel: "roster", me: null, link: { state: "signed_out", canSignIn: true } }) },
  "signed-out-site": { state: with_({ panel: "roster", me: null, link: { state: "signed_out", canSignIn: false } }) },
  refused: { state: with_({ panel: "roster", me: null, link: { state: "refused", code: "foreign_origin" } }) },
  "refused-full": { state: with_({ panel: "roster", me: null, link: { state: "refused", code: "too_many_connections" } }) },
  settings: { state: with_({ panel: "settings", blocked: ["spam"] }) },
  "settings-sign-out": { state: with_({ panel: "settings" }), press: ["Sign out of chat"] },
  notifications: { state: with_({ panel: "notifications", ...NEWS }) },
  "notifications-empty": { state: with_({ panel: "notifications" }) },
  chat: { state: with_(ada) },
  "chat-new": { state: adaWith(WITH_ADA, { firstUnread: WITH_ADA[7]!.key, older: "more" }) },
  "chat-empty": { state: with_({ windows: [window("p:bo")], focused: "p:bo", conversations: chats(conversation("p:bo", [])) }) },
  "chat-loading": { state: with_({ windows: [window("p:bo")], focused: "p:bo", conversations: chats(conversation("p:bo", [], { older: "loading" })) }) },
  "chat-history-failed": { state: adaWith(WITH_ADA.slice(5), { older: "failed" }) },
  "chat-sending": { state: adaWith([...WITH_ADA, message("me", 0, "See you there!", { delivery: "sending", seq: 0 })]) },
  "chat-failed": {
    state: adaWith([...WITH_ADA, message("me", 0, "I have the tickets. I’ll print them, too.", { delivery: "failed", error: "unavailable", canRetry: true })]),
  },
  "chat-typing": { state: with_({ ...ada, people: changed("ada", { isTyping: true }) }) },
  "chat-offline-person": { state: with_({ windows: [window("p:elif")], focused: "p:elif", conversations: chats(conversation("p:elif", [message("elif", 3000, "Talk to you next week!")])) }) },
  "chat-reconnecting": { state: with_({ ...ada, link: OFFLINE_LINKS.reconnecting }) },
  "chat-offline": { state: with_({ ...ada, link: OFFLINE_LINKS.offline }) },
  "chat-blocked": { state: with_({ ...ada, people: changed("ada", { isBlocked: true }), blocked: ["ada"] }) },
  "chat-menu": { state: with_(ada), press: ["More actions"] },
  "chat-clear": { state: with_(ada), press: ["More actions", "Clear history…"] },
  "chat-block": { state: with_(ada), press: ["More actions", "Block Ada Lovelace…"] },
  "chat-emoji": { state: with_(ada), press: ["Emoji"] },
  "chat-draft": { state: adaWith(WITH_ADA, { draft: "A longer thought that takes\nmore than one line,\nand then another one, until the field has grown." }) },
  "chat-too-long": { state: adaWith(WITH_ADA, { draft: "x".repeat(65_600) }) },
  "chat-search": { state: adaWith(WITH_ADA, { search: SEARCH }), press: ["More actions", "Search in conversation", "type:Search in this conversation:row"] },
  "chat-search-none": {
    state: adaWith(WITH_ADA, { search: { query: "zebra", state: "done", hits: [], hasMore: false } }),
    press: ["More actions", "Search in conversation", "type:Search in this conversation:zebra"],
  },
  "chat-start-room": { state: with_(ada), press: ["More actions", "Start a room with Ada Lovelace"] },
  "chat-hostile": {
    state: adaWith([
      message("ada", 9, "<img src=x onerror=alert(1)> <b>bold</b>"),
      message("ada", 8, "javascript:alert(1) and http://example.com/a_(b)?q=1&r=2#top, www.example.org."),
      message("ada", 7, "W".repeat(220)),
      message("me", 6, "مرحبا، هذا نص بالعربية مع English inside وعلامات (123)."),
      message("me", 5, "const answer = 42;\n\n  indented\n    twice"),
      message("ada", 4, "👩‍👩‍👧‍👦 👍🏽"),
    ]),
  },
  room: { state: booksWith({ typing: ["Bo Svensson", "Dev Patel"] }) },
  "room-members": { state: booksWith({ members: MEMBERS }), press: ["Show members"] },
  "room-members-loading": { state: booksWith({}), press: ["Show members"] },
  "room-menu": { state: booksWith({ isSilenced: true }), press: ["More actions"] },
  "room-leave": { state: booksWith({}), press: ["More actions", "Leave room…"] },
  "room-invite": { state: booksWith({}), press: ["More actions", "Invite people…", "choice:0"] },
  "room-join": { state: with_({ windows: [window("r:open")], focused: "r:open", conversations: chats(conversation("r:open", [])) }) },
  "room-new": { state: with_({ windows: [window("r:garden")], focused: "r:garden", conversations: chats(conversation("r:garden", [])) }) },
  windows: {
    state: with_({ windows: [window("p:bo", true), window("p:wang"), window("p:ada")], focused: "p:ada", panel: "roster", conversations: chats(conversation("p:bo", [], { unread: 2 })), unread: 2 }),
    on: "desktop",
  },
  overflow: {
    state: with_({
      windows: [window("p:bo"), window("p:dev", true), window("r:garden"), window("p:elif"), window("r:books"), window("p:wang", true), window("p:ada")],
      focused: "p:ada",
      conversations: chats(conversation("p:bo", [], { unread: 4 }), conversation("p:dev", [], { unread: 100 }), conversation("p:wang", WITH_WANG, { unread: 1 }), conversation("p:elif", [])),
      people: changed("dev", { isTyping: true }),
      unread: 105,
    }),
    on: "desktop",
  },
  toasts: {
    state: with_({
      ...ada,
      toasts: [
        { id: 1, key: "toast.invited", parameters: {}, isError: false },
        { id: 2, key: "toast.failed", parameters: { reason: "too_many_rooms" }, isError: true },
      ],
    }),
  },
  page: { state: with_({ windows: [window("p:wang"), window("p:ada")], focused: "p:ada", unread: 132, conversations: UNREAD }), mode: "page" },
  "page-nobody": { state: CALM, mode: "page" },
  "page-settings": { state: with_({ panel: "settings", ...books }), mode: "page", on: "desktop" },
  inline: { state: with_({ panel: "roster", ...books }), mode: "inline" },
  only: { state: with_(books), mode: "inline", only: "r:books" },
  "only-signed-out": { state: with_({ me: null, link: { state: "signed_out", canSignIn: true } }), mode: "inline", only: "r:books" },
};
