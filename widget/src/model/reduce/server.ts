// What the server says: the state of the page as `online` answers it, and the packets of the stream.

import { list, text, whole, type Online, type Packet, type WireMessage, type WireNotification } from "../../client/index.ts";
import { STRANGER, keyOf, personKey, roomKey, withConversation, withState, type Core } from "../core.ts";
import { settingsOf, windowsOf, WINDOWS } from "../settings.ts";
import { SHOWS, type Key, type Me, type Show } from "../state.ts";
import { messageOf } from "./messages.ts";
import { regrouped, takePeople, takePresence, takeRooms, withPerson } from "./people.ts";
import { counted, hear, keyOfMessage, openedBy, rebase, withRead } from "./talks.ts";
import { open } from "./windows.ts";

/** Somebody who typed is shown so for this long. */
const TYPING_MS = 8_000;

export function takeOnline(core: Core, answer: Online, now: number): Core {
  const me = meOf(answer);
  let next = withState(core, { me, clockSkewMs: whole(answer.server_time) - now, rooms: new Map(), roomOrder: [] });
  next = takePeople(gone(next, answer), list(answer.presence_buddies));
  next = takeRooms(next, list(answer.presence_rooms));
  if (!core.hasSettings) next = withSettings(next, answer);
  next = rebased(next, answer);
  next = hear(next, list(answer.new_messages));
  return openedByNews(counted(unread(next, answer)), answer);
}

/** What came while nobody was here opens its windows as if it came now. */
function openedByNews(core: Core, answer: Online): Core {
  let next = core;
  for (const wire of list(answer.new_messages)) {
    const message = messageOf(next, wire);
    if (!message.isMine) next = openedBy(next, keyOfMessage(message, wire));
  }
  return next;
}

function meOf({ user }: Online): Me {
  const id = text(user.id);
  const show = (SHOWS as readonly string[]).includes(user.show) ? (user.show as Show) : "available";
  const isGuest = id.startsWith("vid:");
  return { id, name: text(user.nick) || id, picture: text(user.pic_url), url: text(user.url), show, status: text(user.status), isGuest };
}

/** Nobody is taken for being here because they were before. */
function gone(core: Core, answer: Online): Core {
  const people = new Map(core.state.people);
  for (const [id, person] of people) {
    const show = answer.presences[id] === undefined ? "unavailable" : person.show;
    people.set(id, { ...person, show, isTyping: false });
  }
  return regrouped(withState({ ...core, typingUntil: new Map() }, { people }));
}

function withSettings(core: Core, { setting }: Online): Core {
  const { settings, windows } = core.state;
  let next: Core = { ...withState(core, { settings: { ...settings, ...settingsOf(setting) } }), hasSettings: true };
  if (windows.length > 0 || core.hasWindows) return next;
  for (const { key, isMinimised } of windowsOf(setting[WINDOWS])) {
    next = open(next, key);
    const opened = next.state.windows.map((window) => (window.key === key ? { key, isMinimised } : window));
    next = withState(next, { windows: opened });
  }
  return next;
}

function rebased(core: Core, answer: Online): Core {
  const histories = new Map<Key, readonly WireMessage[]>();
  for (const { id, history } of list(answer.presence_buddies)) if (history !== undefined) histories.set(personKey(id), history);
  for (const { id, history } of list(answer.presence_rooms)) if (history !== undefined) histories.set(roomKey(id), history);
  // Histories end where the new messages begin.
  for (const wire of list(answer.new_messages)) {
    const key = keyOfMessage(messageOf(core, wire), wire);
    const history = histories.get(key);
    if (history !== undefined) histories.set(key, [...history, wire]);
  }
  let next = core;
  for (const key of new Set([...core.state.conversations.keys(), ...histories.keys()])) {
    const history = histories.get(key) ?? null;
    if (history !== null || (core.state.conversations.get(key)?.messages.length ?? 0) > 0) next = rebase(next, key, history);
  }
  return next;
}

function unread(core: Core, answer: Online): Core {
  if (answer.unread === undefined) return core;
  const counts = new Map(answer.unread.map((one) => [keyOf(one.type, text(one.id)), one] as const));
  let next = core;
  for (const key of new Set([...core.state.conversations.keys(), ...counts.keys()])) {
    const count = whole(counts.get(key)?.count);
    const read = new Map(next.read).set(key, whole(counts.get(key)?.read) || (core.read.get(key) ?? 0));
    if (count > 0 || next.state.conversations.has(key)) next = withConversation({ ...next, read }, key, { unread: count });
  }
  return next;
}

export function takePacket(core: Core, packet: Packet, now: number): Core {
  let next = core;
  for (const presence of packet.presences) next = takePresence(next, presence);
  if (packet.presences.length > 0) next = regrouped(next);
  for (const { from, show } of packet.statuses) next = typing(next, from, show === "typing" ? now + TYPING_MS : 0);
  next = hear(next, packet.messages);
  for (const wire of packet.messages) {
    const message = messageOf(next, wire);
    if (message.seq === 0 || message.isMine) continue;
    const key = keyOfMessage(message, wire);
    next = openedBy(key.startsWith("p:") ? typing(next, message.from, 0) : next, key);
  }
  for (const { type, id, seq } of list(packet.reads)) next = withRead(next, keyOf(type, text(id)), whole(seq));
  return next;
}

/** Somebody types to us until then; 0: not any more. */
export function typing(core: Core, id: string, until: number): Core {
  const typingUntil = new Map(core.typingUntil);
  if (until > 0) typingUntil.set(id, until);
  else if (!typingUntil.delete(id)) return core;
  return withPerson({ ...core, typingUntil }, id, { isTyping: until > 0 });
}

/** Whoever has not typed for long does not type. */
export function tick(core: Core, now: number): Core {
  let next = core;
  for (const [id, until] of core.typingUntil) if (until <= now) next = typing(next, id, 0);
  return next;
}

/** What the site wants the member to notice. Its text may be markup, and is shown as text. */
export function takeNotifications(core: Core, wires: readonly WireNotification[]): Core {
  const notifications = wires.map((wire) => ({
    key: text(wire.id),
    text: plain(text(wire.text)),
    url: text(wire.link),
    at: whole(wire.time),
  }));
  return withState(core, { notifications });
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", apos: "'", nbsp: "\u00a0" };

function plain(markup: string): string {
  const words = markup.replace(/<br\s*\/?>/gi, "\n").replace(/<\/?[a-z][^>]*>/gi, "");
  return words.replace(/&(#39|[a-z]+);/gi, (whole, name: string) => ENTITIES[name.toLowerCase()] ?? whole).trim();
}

/** Whom our pages show may be strangers. */
export function withShown(core: Core, ids: readonly string[]): Core {
  const groups = core.groups.includes(STRANGER) ? core.groups : [...core.groups, STRANGER];
  return regrouped({ ...core, shown: ids, groups });
}
