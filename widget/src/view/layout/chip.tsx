// A minimised conversation on the bar.

import type { Key } from "../../model/state.ts";
import { idOf, isRoom, personOf, unreadOf, useView } from "../context.ts";
import { Avatar } from "../part/avatar.tsx";
import { Badge, IconButton } from "../part/control.tsx";
import { showText } from "../part/presence.tsx";

export function Chip({ of, onGrab }: { of: Key; onGrab: (event: PointerEvent) => void }) {
  const { state, commands, t } = useView();
  const id = idOf(of);
  const room = state.rooms.get(id);
  const person = personOf(state, id);
  const name = isRoom(of) ? (room?.name ?? id) : person.name;
  const restore = () => {
    commands.minimise(of, false);
    commands.focus(of);
  };
  return (
    <div class="chip" part="chip" data-key={of} onPointerDown={onGrab}>
      <button type="button" class="main" data-chip={of} onClick={restore} title={t("common.restore")}>
        {isRoom(of) ? (
          <Avatar id={id} name={name} picture={room?.picture ?? ""} size={30} isRoom />
        ) : (
          <Avatar id={id} name={name} picture={person.picture} size={30} show={person.show} />
        )}
        <span class="name">
          <bdi>{name}</bdi>
        </span>
        {!isRoom(of) && <span class="unseen">{t(person.isTyping ? "chat.typing" : showText(person.show))}</span>}
        {person.isTyping && (
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
        )}
        <Badge count={unreadOf(state, of)} />
      </button>
      <IconButton icon="close" size={16} label={t("common.close")} onClick={() => commands.close(of)} />
    </div>
  );
}
