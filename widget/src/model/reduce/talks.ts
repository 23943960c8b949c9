// Conversations: what was said, what is unread, what we say.

import { list, whole, type WireMessage } from "../../client/index.ts";
import type { Action } from "../actions.ts";
import { conversationOf, drop, emptyConversation, idOf, isRoom, keyOf, lastSeq, personKey, put } from "../core.ts";
import { withConversation, withState, type Core } from "../core.ts";
import type { Key, Message } from "../state.ts";
import { change, merge, messageOf, resume, settle } from "./messages.ts";

/** Windows that open by themselves, at most. */
const OPENED_MAX = 6;

/** The conversation that a message belongs to. */
export function keyOfMessage(message: Message, wire: WireMessage): Key {
  const key = keyOf(wire.type, wire.to);
  return isRoom(key) || message.isMine ? key : personKey(message.from);
}

/** Messages that have just been said, or were while nobody was here. */
export function hear(core: Core, wires: readonly WireMessage[]): Core {
  let next = core;
  for (const wire of wires) if (whole(wire.seq) > 0) next = hearOne(next, wire);
  return next === core ? core : counted(next);
}

function hearOne(core: Core, wire: WireMessage): Core {
  const message = messageOf(core, wire);
  const key = keyOfMessage(message, wire);
  const conversation = conversationOf(core, key);
  if (conversation.messages.some(({ seq }) => seq === message.seq)) return core;
  const isUnread = !message.isMine && message.seq > (core.read.get(key) ?? 0);
  const next = withConversation(core, key, {
    messages: merge(conversation.messages, [message]),
    unread: conversation.unread + (isUnread ? 1 : 0),
  });
  return message.isMine ? withRead(next, key, message.seq) : next;
}

/** A message from somebody else opens its window, if the member wants that. */
export function openedBy(core: Core, key: Key): Core {
  const { windows, settings, people, rooms } = core.state;
  const isQuiet = isRoom(key) ? rooms.get(idOf(key))?.isSilenced === true : people.get(idOf(key))?.isBlocked === true;
  const isBusy = core.state.me?.show === "dnd";
  const isOpen = windows.some((window) => window.key === key);
  if (isBusy || isOpen || isQuiet || !settings.autoOpen || windows.length >= OPENED_MAX) return core;
  const opened = withState(core, { windows: [...windows, { key, isMinimised: false }] });
  return marked({ ...opened, newAfter: put(core.newAfter, key, core.read.get(key) ?? 0) }, key);
}

/** A page of history. */
export function takeHistory(core: Core, key: Key, wires: readonly WireMessage[], isLast: boolean): Core {
  const messages = list(wires).map((wire) => messageOf(core, wire));
  const older = isLast ? "none" : "more";
  return marked(withConversation(core, key, { messages: merge(conversationOf(core, key).messages, messages), older }), key);
}

/**
 * The session has begun anew, and something may be missing between what is known and what comes. What does not meet the new history is
 * forgotten, but for what is not sent: it is read again when somebody looks.
 */
export function rebase(core: Core, key: Key, history: readonly WireMessage[] | null): Core {
  const conversation = conversationOf(core, key);
  const unsent = conversation.messages.filter(({ seq }) => seq === 0);
  if (history === null) return withConversation(core, key, { messages: unsent, older: "more", firstUnread: null });
  const messages = history.map((wire) => messageOf(core, wire));
  const first = messages[0]?.seq ?? 0;
  const meets = first > 0 && lastSeq(conversation.messages) >= first;
  const base = meets ? conversation.messages : unsent;
  const older = meets ? conversation.older : first > 0 ? "more" : "none";
  return marked(withConversation(core, key, { messages: merge(base, messages), older: older === "loading" ? "more" : older }), key);
}

/** All through `seq` is read. */
export function withRead(core: Core, key: Key, seq: number): Core {
  if (seq <= (core.read.get(key) ?? 0)) return core;
  const conversation = conversationOf(core, key);
  const known = conversation.messages.filter((message) => message.seq > 0);
  const after = known.filter((message) => message.seq > seq && !message.isMine).length;
  const unread = seq >= lastSeq(known) ? 0 : Math.min(conversation.unread, after);
  return counted(withConversation({ ...core, read: put(core.read, key, seq) }, key, { unread }));
}

/** The sum of what is unread. */
export function counted(core: Core): Core {
  let unread = 0;
  for (const [key, conversation] of core.state.conversations) if (!isSilent(core, key)) unread += conversation.unread;
  return unread === core.state.unread ? core : withState(core, { unread });
}

function isSilent(core: Core, key: Key): boolean {
  return isRoom(key) && core.state.rooms.get(idOf(key))?.isSilenced === true;
}

/** Finds where "new" begins in an open window. */
export function marked(core: Core, key: Key): Core {
  const after = core.newAfter.get(key);
  const { messages, firstUnread } = conversationOf(core, key);
  const first = after === undefined ? null : (messages.find(({ seq, isMine }) => seq > after && !isMine)?.key ?? null);
  return first === firstUnread ? core : withConversation(core, key, { firstUnread: first });
}

/** The member says something, and what comes of it. */
export function say(core: Core, action: Extract<Action, { type: "say" | "sent" | "unsent" | "resend" | "discard" }>): Core {
  const { key, cid } = action;
  const { messages } = conversationOf(core, key);
  const withMessages = (changed: readonly Message[]): Core => withConversation(core, key, { messages: changed });
  switch (action.type) {
    case "say": {
      if (messages.some((message) => message.key === cid)) return core;
      const mine = newMessage(core, action);
      const said = withMessages(action.wasKept === true ? resume(messages, mine) : [...messages, mine]);
      return { ...said, senders: put(core.senders, cid, action.tab) };
    }
    case "resend": {
      const again = withMessages(change(messages, cid, { delivery: "sending", error: null, canRetry: false }));
      return { ...again, senders: put(core.senders, cid, action.tab) };
    }
    case "sent": {
      const sent = withMessages(settle(messages, cid, action.seq, action.at));
      return withRead({ ...sent, senders: drop(core.senders, cid) }, key, action.seq);
    }
    case "unsent": {
      const { code: error, canRetry } = action;
      return { ...withMessages(change(messages, cid, { delivery: "failed", error, canRetry })), senders: drop(core.senders, cid) };
    }
    case "discard":
      return withMessages(messages.filter((message) => message.key !== cid || message.seq > 0));
  }
}

function newMessage(core: Core, { cid, body, at }: Extract<Action, { type: "say" }>): Message {
  const { me } = core.state;
  const mine = { from: me?.id ?? "", fromName: me?.name ?? "", fromPicture: me?.picture ?? "", isMine: true };
  return { key: cid, seq: 0, ...mine, body, at, delivery: "sending", error: null, canRetry: false };
}

/** The member has cleared a conversation. */
export function cleared(core: Core, key: Key): Core {
  const { messages, draft } = conversationOf(core, key);
  const through = withRead(core, key, lastSeq(messages));
  const unsent = messages.filter(({ seq }) => seq === 0);
  return counted(withConversation(through, key, { ...emptyConversation(key), messages: unsent, draft, older: "none" }));
}
