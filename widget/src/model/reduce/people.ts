// People and rooms: who they are, where they stand in the lists, and what they are seen as.

import { list, text, whole, type WireMember, type WirePerson, type WirePresence, type WireRoom } from "../../client/index.ts";
import { STRANGER, VISITOR, isMe, put, unknownPerson, unknownRoom, withState, type Core } from "../core.ts";
import { SHOWS, type Person, type Room, type RoomMember, type Show, type State } from "../state.ts";

/** A word of the wire as what somebody is seen as. */
export function showOf(presence: string, show: string): Show {
  if (presence === "offline" || show === "invisible") return "unavailable";
  if (show === "busy") return "dnd";
  return (SHOWS as readonly string[]).includes(show) ? (show as Show) : "unavailable";
}

export function takePeople(core: Core, wires: readonly WirePerson[]): Core {
  const people = new Map(core.state.people);
  const groups = new Set(core.groups);
  for (const wire of wires) {
    const id = text(wire.id);
    if (id === "" || isMe(core.state.me, id)) continue;
    const known = people.get(id) ?? unknownPerson(id);
    const group = text(wire.group) || STRANGER;
    groups.add(group);
    people.set(id, {
      ...known,
      name: text(wire.nick) || id,
      picture: text(wire.pic_url),
      url: text(wire.url),
      show: showOf(wire.presence, wire.show),
      status: text(wire.status),
      group,
      isFriend: group !== STRANGER && group !== VISITOR,
    });
  }
  return regrouped({ ...withState(core, { people }), groups: [...groups] });
}

/** Changes somebody who is known. */
export function withPerson(core: Core, id: string, changes: Partial<Person>): Core {
  const person = core.state.people.get(id);
  return person === undefined ? core : withState(core, { people: put(core.state.people, id, { ...person, ...changes }) });
}

/** The roster, anew: the site's groups in their order, then strangers; whoever is here first, then by name. */
export function regrouped(core: Core): Core {
  const { people } = core.state;
  const shown = new Set(core.shown);
  const byGroup = new Map<string, Person[]>();
  for (const person of people.values()) {
    if (!person.isFriend && !shown.has(person.id)) continue;
    const group = byGroup.get(person.group);
    if (group === undefined) byGroup.set(person.group, [person]);
    else group.push(person);
  }
  const last = (name: string): number => (name === STRANGER ? 1 : name === VISITOR ? 2 : 0);
  const names = core.groups.filter((name) => byGroup.has(name)).sort((a, b) => last(a) - last(b));
  const groups = names.map((name) => {
    const members = (byGroup.get(name) ?? []).sort(bySight);
    const online = members.filter(({ show }) => show !== "unavailable").length;
    return { name, people: members.map(({ id }) => id), online };
  });
  return withState(core, { groups });
}

const byName = new Intl.Collator().compare;

function bySight(a: Person, b: Person): number {
  const absent = (person: Person): number => (person.show === "unavailable" ? 1 : 0);
  return absent(a) - absent(b) || byName(a.name, b.name) || (a.id < b.id ? -1 : 1);
}

export function takeRooms(core: Core, wires: readonly WireRoom[]): Core {
  const rooms = new Map(core.state.rooms);
  const order = new Set(core.state.roomOrder);
  for (const wire of wires) {
    const id = text(wire.id);
    if (id === "") continue;
    const known = rooms.get(id) ?? unknownRoom(id);
    rooms.set(id, {
      ...known,
      name: text(wire.nick) || id,
      picture: text(wire.pic_url),
      url: text(wire.url),
      online: whole(wire.count),
      total: whole(wire.all_count),
      isJoined: true,
      isSilenced: wire.blocked === true,
      isAdHoc: wire.temporary === true,
    });
    order.add(id);
  }
  return withState(core, { rooms, roomOrder: [...order] });
}

export function withRoom(core: Core, id: string, changes: Partial<Room>): Core {
  const room = core.state.rooms.get(id) ?? unknownRoom(id);
  return withState(core, { rooms: put(core.state.rooms, id, { ...room, ...changes }) });
}

export function takeMembers(core: Core, id: string, wires: readonly WireMember[]): Core {
  const members = list(wires).map((wire) => memberOf(core.state, text(wire.id), text(wire.nick), showOf(wire.presence, wire.show)));
  const online = members.filter(({ show }) => show !== "unavailable").length;
  return withRoom(core, id, { members: members.sort(byPresence), online, total: members.length });
}

function memberOf({ me, people }: State, id: string, name: string, show: Show): RoomMember {
  const picture = isMe(me, id) ? (me?.picture ?? "") : (people.get(id)?.picture ?? "");
  return { id, name: name || id, picture, show };
}

function byPresence(a: RoomMember, b: RoomMember): number {
  const absent = (member: RoomMember): number => (member.show === "unavailable" ? 1 : 0);
  return absent(a) - absent(b) || byName(a.name, b.name);
}

/** Somebody has come, gone or changed. */
export function takePresence(core: Core, presence: WirePresence): Core {
  const { from, to, type } = presence;
  if (to !== undefined) return takeRoomPresence(core, to, presence);
  const show = type === "offline" ? "unavailable" : showOf("online", presence.show);
  const { me } = core.state;
  if (isMe(me, from)) {
    const isMood = me !== null && type === "show" && (SHOWS as readonly string[]).includes(presence.show);
    return isMood ? withState(core, { me: { ...me, show: presence.show as Show, status: text(presence.status) } }) : core;
  }
  const typing = show === "unavailable" ? { isTyping: false } : {};
  return withPerson(core, from, { show, status: text(presence.status), ...typing });
}

function takeRoomPresence(core: Core, id: string, { from, nick, type, show, status }: WirePresence): Core {
  if (type === "invite") return invited(core, id, text(status) || id, text(nick) || from);
  const room = core.state.rooms.get(id);
  if (room === undefined) return core;
  const others = room.members?.filter((member) => member.id !== from) ?? null;
  const is = type === "grpoffline" ? "unavailable" : showOf("online", show);
  if (others === null) {
    const step = type === "grponline" || type === "join" ? 1 : -1;
    const total = room.total === null || (type !== "join" && type !== "leave") ? room.total : Math.max(0, room.total + step);
    const online = room.online === null ? null : Math.max(0, room.online + step);
    return withRoom(core, id, { total, online: online === null || total === null ? online : Math.min(online, total) });
  }
  const members = type === "leave" ? others : [...others, memberOf(core.state, from, text(nick), is)].sort(byPresence);
  const online = members.filter((member) => member.show !== "unavailable").length;
  return withRoom(core, id, { members, total: members.length, online });
}

function invited(core: Core, room: string, roomName: string, fromName: string): Core {
  const others = core.state.invitations.filter((invitation) => invitation.room !== room);
  const known = core.state.rooms.has(room) ? core : withRoom(core, room, { name: roomName, isAdHoc: true, isJoined: true });
  const order = new Set(known.state.roomOrder).add(room);
  return withState(known, { roomOrder: [...order], invitations: [...others, { room, roomName, fromName }] });
}
