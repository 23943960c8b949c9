// From one state to the next: a pure function of the state and an action.

import type { Action } from "../actions.ts";
import { conversationOf, emptyConversation, put, withConversation, withState, type Core } from "../core.ts";
import type { Conversation, State } from "../state.ts";
import { messageOf } from "./messages.ts";
import { regrouped, takeMembers, takePeople, takeRooms, withPerson, withRoom } from "./people.ts";
import { takeNotifications, takeOnline, takePacket, tick, withShown } from "./server.ts";
import { cleared, counted, say, takeHistory, withRead } from "./talks.ts";
import { close, focus, minimise, move, open } from "./windows.ts";

export function reduce(core: Core, action: Action): Core {
  const { state } = core;
  switch (action.type) {
    case "link":
      return withState(core, { link: action.link, ...(action.link.state === "signed_out" ? { focused: null } : {}) });
    case "online":
      return takeOnline(core, action.answer, action.now);
    case "packet":
      return takePacket(core, action.packet, action.now);
    case "restore":
      return restored(core, action.core);
    case "people":
      return takePeople(core, action.people);
    case "rooms":
      return counted(takeRooms(core, action.rooms));
    case "members":
      return takeMembers(core, action.room, action.members);
    case "notifications":
      return takeNotifications(core, action.notifications);
    case "dismiss":
      return withState(core, { notifications: [] });
    case "blocked":
      return action.people.reduce((next, { id }) => blocked(next, id, true), takePeople(core, action.people));
    case "block":
      return blocked(core, action.id, action.isBlocked);
    case "unfriend":
      return regrouped(withPerson(core, action.id, { isFriend: false, group: "stranger", show: "unavailable" }));
    case "history":
      return takeHistory(core, action.key, action.messages, action.isLast);
    case "older":
      return withConversation(core, action.key, { older: action.older });
    case "say":
    case "sent":
    case "unsent":
    case "resend":
    case "discard":
      return say(core, action);
    case "read":
      return withRead(core, action.key, action.seq);
    case "draft":
      return conversationOf(core, action.key).draft === action.draft ? core : withConversation(core, action.key, { draft: action.draft });
    case "cleared":
      return cleared(core, action.key);
    case "open":
      return open(core, action.key);
    case "close":
      return close(core, action.key);
    case "minimise":
      return minimise(core, action.key, action.isMinimised);
    case "move":
      return move(core, action.key, action.to);
    case "mood":
      return state.me === null ? core : withState(core, { me: { ...state.me, show: action.show, status: action.status } });
    case "setting":
    case "dress":
      return withState(core, { settings: { ...state.settings, ...action.settings } });
    case "left":
      return left(core, action.room);
    case "silence":
      return counted(withRoom(core, action.room, { isSilenced: action.isSilenced }));
    case "answered":
      return withState(core, { invitations: state.invitations.filter(({ room }) => room !== action.room) });
    case "shown":
      return withShown(core, action.ids);
    default:
      return reduceOfOneTab(core, action);
  }
}

type OfOneTab = Extract<
  Action,
  { type: "focus" | "panel" | "search" | "hits" | "finding" | "found" | "toast" | "untoast" | "resumed" | "tick" }
>;

function reduceOfOneTab(core: Core, action: OfOneTab): Core {
  const { state } = core;
  switch (action.type) {
    case "focus":
      return focus(core, action.key);
    case "panel":
      return withState(core, { panel: action.panel });
    case "search":
      return withConversation(core, action.key, { search: action.search });
    case "hits":
      return hits(core, action);
    case "finding":
      return withState(core, { found: action.query === null ? null : { query: action.query, people: [], isSearching: true } });
    case "found":
      return found(core, action);
    case "toast":
      return withState(core, { toasts: [...state.toasts.slice(-2), action.toast] });
    case "untoast":
      return withState(core, { toasts: state.toasts.filter(({ id }) => id !== action.id) });
    case "resumed":
      return { ...core, hasWindows: true };
    case "tick":
      return tick(core, action.now);
  }
}

function blocked(core: Core, id: string, isBlocked: boolean): Core {
  const others = core.state.blocked.filter((one) => one !== id);
  const known = withPerson(core, id, { isBlocked, isTyping: false, ...(isBlocked ? { show: "unavailable" as const } : {}) });
  return regrouped(withState(known, { blocked: isBlocked ? [...others, id] : others }));
}

function left(core: Core, room: string): Core {
  const closed = close(core, `r:${room}`);
  const { roomOrder, rooms } = closed.state;
  const isGone = rooms.get(room)?.isAdHoc === true;
  const order = isGone ? roomOrder.filter((id) => id !== room) : roomOrder;
  const emptied = put(closed.state.conversations, `r:${room}` as const, emptyConversation(`r:${room}`));
  const next = withState(withRoom(closed, room, { isJoined: false, members: null }), { roomOrder: order, conversations: emptied });
  return counted(next);
}

function hits(core: Core, { key, query, messages, hasMore }: Extract<Action, { type: "hits" }>): Core {
  const { search } = conversationOf(core, key);
  if (search === null || search.query !== query) return core;
  const all = [...search.hits, ...messages.map((wire) => messageOf(core, wire))];
  return withConversation(core, key, { search: { query, state: "done", hits: all, hasMore } });
}

function found(core: Core, { query, people }: Extract<Action, { type: "found" }>): Core {
  if (core.state.found?.query !== query) return core;
  const next = takePeople(core, people);
  const others = people.map(({ id }) => id).filter((id) => id !== core.state.me?.id && next.state.people.get(id)?.isFriend !== true);
  return withState(next, { found: { query, people: others, isSearching: false } });
}

/** What another tab was about to do is not done here. */
function unbusy(conversation: Conversation): Conversation {
  return { ...conversation, search: null, older: conversation.older === "loading" ? "more" : conversation.older };
}

/** What another tab knows, but for what is this tab's own. */
function restored(core: Core, other: Core): Core {
  const { focused, panel, found, toasts, link } = core.state;
  const conversations = new Map(other.state.conversations);
  for (const [key, conversation] of conversations) conversations.set(key, unbusy(conversation));
  const state: State = { ...other.state, conversations, focused, panel, found, toasts, link };
  const isOpen = (key: string): boolean => state.windows.some((window) => window.key === key);
  return { ...other, state: { ...state, focused: focused !== null && isOpen(focused) ? focused : null } };
}
