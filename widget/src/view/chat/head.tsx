// Who one talks to, and what can be done with the conversation.

import type { Key, Person, Room } from "../../model/state.ts";
import { idOf, isRoom, personOf, useView } from "../context.ts";
import type { View } from "../context.ts";
import type { Question } from "../part/ask.tsx";
import { Avatar } from "../part/avatar.tsx";
import { IconButton } from "../part/control.tsx";
import { Icon } from "../part/icon.tsx";
import { Menu, type MenuItem } from "../part/menu.tsx";
import { PresenceText } from "../part/presence.tsx";
import type { Pane } from "./chat.tsx";
import { safeAddress } from "./links.ts";

interface Properties {
  of: Key;
  isWindow: boolean;
  onBack: (() => void) | undefined;
  onGrab: ((event: PointerEvent) => void) | undefined;
  onPane: (pane: Pane) => void;
  onAsk: (question: Question) => void;
}

export function ChatHead(properties: Properties) {
  const { of, isWindow, onBack, onGrab, onPane } = properties;
  const view = useView();
  const { state, commands, t } = view;
  const id = idOf(of);
  const room = isRoom(of) ? state.rooms.get(id) : undefined;
  const person = personOf(state, id);
  const items = isRoom(of) ? (room === undefined ? [] : roomItems(view, room, properties)) : personItems(view, person, properties);
  return (
    <header class={onGrab === undefined ? "head" : "head grab"} part="window-head" onPointerDown={onGrab}>
      {onBack !== undefined && <IconButton icon="back" label={t("common.back")} onClick={onBack} />}
      {isRoom(of) ? (
        <Avatar id={id} name={room?.name ?? id} picture={room?.picture ?? ""} size={34} isRoom />
      ) : (
        <Avatar id={id} name={person.name} picture={person.picture} size={34} show={person.show} />
      )}
      <div class="who">
        <h2 class="name">
          <bdi>{isRoom(of) ? (room?.name ?? id) : person.name}</bdi>
        </h2>
        <p class="about">{isRoom(of) ? <RoomLine room={room} /> : <PersonLine person={person} />}</p>
      </div>
      {isRoom(of) && room?.isJoined && <IconButton icon="people" label={t("room.showMembers")} onClick={() => onPane("members")} />}
      <Menu label={t("chat.menu")} items={[...items, ...windowItems(view, of, isWindow)]}>
        <Icon name="more" />
      </Menu>
      {isWindow && !view.isNarrow && (
        <>
          <IconButton icon="minimise" label={t("common.minimise")} onClick={() => commands.minimise(of, true)} />
          <IconButton icon="close" label={t("common.close")} onClick={() => commands.close(of)} />
        </>
      )}
    </header>
  );
}

function PersonLine({ person }: { person: Person }) {
  const { t } = useView();
  if (person.isTyping) return <span class="typing">{t("chat.typing")}</span>;
  if (person.status !== "" && person.show !== "unavailable") return <bdi>{person.status}</bdi>;
  return <PresenceText show={person.show} />;
}

function RoomLine({ room }: { room: Room | undefined }) {
  const { t } = useView();
  const parts = [
    room?.isSilenced ? t("room.silenced") : null,
    countOf(t, room?.online ?? null, room?.total ?? null),
  ].filter((part) => part !== null);
  return parts.length > 0 || room === undefined ? <>{parts.join(" · ")}</> : <bdi>{room.topic}</bdi>;
}

function countOf(t: View["t"], online: number | null, total: number | null): string | null {
  if (online !== null && total !== null) return t("roster.groupCount", { online, total });
  if (online !== null) return t("room.online", { count: online });
  return total === null ? null : t("room.members", { count: total });
}

function commonItems({ t, commands }: View, { of, onPane, onAsk }: Properties): MenuItem[] {
  return [
    { icon: "search", label: t("chat.search"), act: () => onPane("search") },
    { icon: "download", label: t("chat.download"), act: () => commands.download(of) },
    {
      icon: "trash",
      label: t("chat.clear"),
      act: () =>
        onAsk({ title: t("chat.clear.ask"), hint: t("chat.clear.hint"), yes: t("chat.clear.yes"), act: () => commands.clearHistory(of) }),
    },
  ];
}

function personItems(view: View, person: Person, properties: Properties): MenuItem[] {
  const { t, commands, base } = view;
  const { name, id } = person;
  const items: MenuItem[] = [];
  const href = person.url === "" ? null : safeAddress(person.url, new URL(base, document.baseURI).href);
  if (href !== null) items.push({ icon: "person", label: t("chat.profile"), href, act: () => undefined });
  items.push({ icon: "invite", label: t("picker.group", { name }), act: () => properties.onPane("picker") }, ...commonItems(view, properties));
  if (person.isFriend) {
    const act = () => commands.removeFriend(id);
    items.push({
      icon: "unfriend",
      isApart: true,
      isDanger: true,
      label: t("chat.removeFriend"),
      act: () => properties.onAsk({ title: t("chat.removeFriend.ask", { name }), yes: t("chat.removeFriend.yes"), act }),
    });
  }
  const block = () => commands.block(id, !person.isBlocked);
  const ask = { title: t("chat.block.ask", { name }), hint: t("chat.block.hint"), yes: t("chat.block.yes"), act: block };
  items.push({
    icon: "block",
    isDanger: true,
    isApart: !person.isFriend,
    label: person.isBlocked ? t("chat.unblock") : t("chat.block", { name }),
    act: () => (person.isBlocked ? block() : properties.onAsk(ask)),
  });
  return items;
}

function roomItems(view: View, room: Room, properties: Properties): MenuItem[] {
  const { t, commands, base } = view;
  const { id, name } = room;
  const items: MenuItem[] = [];
  const href = room.url === "" ? null : safeAddress(room.url, new URL(base, document.baseURI).href);
  if (href !== null) items.push({ icon: "people", label: t("chat.page"), href, act: () => undefined });
  if (room.isJoined) items.push({ icon: "invite", label: t("room.invite"), act: () => properties.onPane("picker") });
  items.push(...commonItems(view, properties));
  items.push({
    icon: room.isSilenced ? "bell" : "mute",
    isApart: true,
    label: t(room.isSilenced ? "room.unsilence" : "room.silence"),
    act: () => commands.silenceRoom(id, !room.isSilenced),
  });
  if (room.isJoined) {
    const act = () => commands.leaveRoom(id);
    items.push({
      icon: "leave",
      isDanger: true,
      label: t("room.leave"),
      act: () => properties.onAsk({ title: t("room.leave.ask", { name }), hint: t("room.leave.hint"), yes: t("room.leave.yes"), act }),
    });
  }
  return items;
}

/** What the mouse does by dragging. */
function windowItems({ state, commands, t, isNarrow, locale }: View, of: Key, isWindow: boolean): MenuItem[] {
  if (!isWindow || isNarrow || state.windows.length < 2) return [];
  const at = state.windows.findIndex((window) => window.key === of);
  const left = locale.direction === "rtl" ? at + 1 : at - 1;
  const right = locale.direction === "rtl" ? at - 1 : at + 1;
  const can = (to: number) => to >= 0 && to < state.windows.length;
  return [
    ...(can(left) ? [{ icon: "toStart" as const, isApart: true, label: t("chat.moveStart"), act: () => commands.move(of, left) }] : []),
    ...(can(right) ? [{ icon: "toEnd" as const, isApart: !can(left), label: t("chat.moveEnd"), act: () => commands.move(of, right) }] : []),
  ];
}
