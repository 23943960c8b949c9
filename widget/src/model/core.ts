// What the model keeps: the state that the views draw, and the little beside it that only the model needs. Immutable; every change is a
// new one. Tabs hand it to each other as it is.

import type { Conversation, Key, Me, Message, Person, Room, Settings, State } from "./state.ts";

export interface Core {
  readonly state: State;
  /** How far each conversation is read, as a `seq`. */
  readonly read: ReadonlyMap<Key, number>;
  /** Where "new" begins in an open window: all through this `seq` was read when it was opened. */
  readonly newAfter: ReadonlyMap<Key, number>;
  /** Until when somebody is shown as typing, in milliseconds since 1970. */
  readonly typingUntil: ReadonlyMap<string, number>;
  /** Which tab sends a message of ours, by its `cid`. */
  readonly senders: ReadonlyMap<string, string>;
  /** The site's groups in their order. */
  readonly groups: readonly string[];
  /** Strangers and friends that pages of ours show. */
  readonly shown: readonly string[];
  /** The member's settings as the server keeps them have come. */
  readonly hasSettings: boolean;
  /** This tab has an earlier page whose windows it goes on with, even if there were none. */
  readonly hasWindows: boolean;
}

export const SETTINGS: Settings = {
  sound: true,
  autoOpen: true,
  minimised: false,
  theme: "auto",
  language: "auto",
  desktop: false,
};

/** A page of which nothing is known yet. */
export function emptyCore(settings: Partial<Settings> = {}): Core {
  return {
    state: {
      link: { state: "connecting" },
      me: null,
      people: new Map(),
      groups: [],
      rooms: new Map(),
      roomOrder: [],
      conversations: new Map(),
      windows: [],
      focused: null,
      panel: "none",
      unread: 0,
      notifications: [],
      invitations: [],
      found: null,
      blocked: [],
      settings: { ...SETTINGS, ...settings },
      toasts: [],
      clockSkewMs: 0,
    },
    read: new Map(),
    newAfter: new Map(),
    typingUntil: new Map(),
    senders: new Map(),
    groups: [],
    shown: [],
    hasSettings: false,
    hasWindows: false,
  };
}

/** The groups that are not the site's. */
export const STRANGER = "stranger";
export const VISITOR = "visitor";

export function unknownPerson(id: string): Person {
  const flags = { isFriend: false, isBlocked: false, isTyping: false };
  return { id, name: id, picture: "", url: "", show: "unavailable", status: "", group: STRANGER, ...flags };
}

export function unknownRoom(id: string): Room {
  const known = { picture: "", url: "", topic: "", online: null, total: null, members: null, typing: [] };
  return { id, name: id, ...known, isJoined: false, isSilenced: false, isAdHoc: false };
}

export function emptyConversation(key: Key): Conversation {
  return { key, messages: [], older: "more", unread: 0, firstUnread: null, draft: "", search: null };
}

export const personKey = (id: string): Key => `p:${id}`;
export const roomKey = (id: string): Key => `r:${id}`;
export const isRoom = (key: Key): boolean => key.startsWith("r:");
export const idOf = (key: Key): string => key.slice(2);
/** `unicast` and `multicast`, as the protocol has them. */
export const typeOf = (key: Key): string => (isRoom(key) ? "multicast" : "unicast");
export const keyOf = (type: string, id: string): Key => (type === "multicast" || type === "grpchat" ? roomKey(id) : personKey(id));

/** A map with one more entry, or another in its place. */
export function put<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

/** A map without an entry. */
export function drop<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!map.has(key)) return map;
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

/** A core whose state has changed. */
export function withState(core: Core, changes: Partial<State>): Core {
  return { ...core, state: { ...core.state, ...changes } };
}

export function conversationOf(core: Core, key: Key): Conversation {
  return core.state.conversations.get(key) ?? emptyConversation(key);
}

export function withConversation(core: Core, key: Key, changes: Partial<Conversation>): Core {
  const conversation = { ...conversationOf(core, key), ...changes };
  return withState(core, { conversations: put(core.state.conversations, key, conversation) });
}

/** The last `seq` of a list of messages in order, or 0. */
export function lastSeq(messages: readonly Message[]): number {
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const seq = messages[at]?.seq ?? 0;
    if (seq > 0) return seq;
  }
  return 0;
}

export const isMe = (me: Me | null, id: string): boolean => me !== null && me.id === id;
