// Who is in a room.

import { useRef } from "preact/hooks";
import { personKey, useView } from "../context.ts";
import { moveFocus } from "../hooks.ts";
import { Avatar } from "../part/avatar.tsx";
import { IconButton } from "../part/control.tsx";
import { showText } from "../part/presence.tsx";
import { Skeleton } from "../roster/skeleton.tsx";

export function Members({ room: id, onBack }: { room: string; onBack: () => void }) {
  const { state, commands, t } = useView();
  const list = useRef<HTMLUListElement>(null);
  const room = state.rooms.get(id);
  const members = room?.members ?? null;
  const onKeyDown = (event: KeyboardEvent) => {
    moveFocus(event, [...(list.current?.querySelectorAll<HTMLElement>("button") ?? [])]);
  };
  return (
    <div class="pane">
      <div class="pane-head">
        <IconButton icon="back" label={t("common.back")} onClick={onBack} />
        <h3>{t("room.membersTitle")}</h3>
        {members !== null && <span class="tally">{members.length}</span>}
      </div>
      <div class="scroll">
        {members === null ? (
          <Skeleton rows={6} />
        ) : (
          <ul class="rows" ref={list} onKeyDown={onKeyDown}>
            {members.map((member) => {
              const isMe = member.id === state.me?.id;
              return (
                <li key={member.id}>
                  <button type="button" class={`row is-${member.show}`} disabled={isMe} onClick={() => commands.open(personKey(member.id))}>
                    <Avatar {...member} size={34} />
                    <span class="words">
                      <span class="name">
                        <bdi>{member.name}</bdi>
                      </span>
                      <span class="about">{isMe ? t("room.you") : t(showText(member.show))}</span>
                    </span>
                  </button>
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </div>
  );
}
