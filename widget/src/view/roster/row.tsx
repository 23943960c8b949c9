// One person or one room in the roster.

import type { Key } from "../../model/state.ts";
import { idOf, isRoom, personOf, unreadOf, useView } from "../context.ts";
import { Avatar } from "../part/avatar.tsx";
import { Badge } from "../part/control.tsx";
import { Icon } from "../part/icon.tsx";
import { showText } from "../part/presence.tsx";

export function Row({ of, onOpen }: { of: Key; onOpen: (key: Key) => void }) {
  return (
    <li>
      {isRoom(of) ? <RoomRow of={of} onOpen={onOpen} /> : <PersonRow of={of} onOpen={onOpen} />}
    </li>
  );
}

interface Properties {
  of: Key;
  onOpen: (key: Key) => void;
}

function PersonRow({ of, onOpen }: Properties) {
  const { state, t } = useView();
  const person = personOf(state, idOf(of));
  const unread = unreadOf(state, of);
  return (
    <button type="button" class={`row is-${person.show}${unread > 0 ? " unread" : ""}`} part="row" data-row={of} tabIndex={-1} onClick={() => onOpen(of)}>
      <Avatar id={person.id} name={person.name} picture={person.picture} size={36} show={person.show} />
      <span class="words">
        <span class="name">
          <bdi>{person.name}</bdi>
        </span>
        <span class="about">
          {person.isTyping ? (
            <span class="typing">{t("chat.typing")}</span>
          ) : (
            <>
              <span class={person.status === "" ? undefined : "unseen"}>{t(showText(person.show))} </span>
              {person.status !== "" && <bdi>{person.status}</bdi>}
            </>
          )}
        </span>
      </span>
      {person.isBlocked && <Icon name="block" size={16} />}
      <Badge count={unread} />
    </button>
  );
}

function RoomRow({ of, onOpen }: Properties) {
  const { state, t } = useView();
  const id = idOf(of);
  const room = state.rooms.get(id);
  const unread = unreadOf(state, of);
  const name = room?.name ?? id;
  const about = [
    room?.isSilenced ? t("room.silenced") : null,
    room?.online == null ? (room?.total == null ? null : t("room.members", { count: room.total })) : t("room.online", { count: room.online }),
  ].filter((part) => part !== null);
  return (
    <button type="button" class={`row${unread > 0 ? " unread" : ""}`} part="row" data-row={of} tabIndex={-1} onClick={() => onOpen(of)}>
      <Avatar id={id} name={name} picture={room?.picture ?? ""} size={36} isRoom />
      <span class="words">
        <span class="name">
          <bdi>{name}</bdi>
        </span>
        <span class="about">
          {about.join(" · ")}
          {room !== undefined && room.topic !== "" && (
            <>
              {about.length > 0 && " · "}
              <bdi>{room.topic}</bdi>
            </>
          )}
        </span>
      </span>
      {room?.isSilenced && <Icon name="mute" size={16} />}
      <Badge count={room?.isSilenced ? 0 : unread} />
    </button>
  );
}
