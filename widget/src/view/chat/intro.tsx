// What stands above the first message: the beginning of a conversation, or the way to what came before.

import type { Conversation, Key } from "../../model/state.ts";
import { idOf, isRoom, personOf, useView } from "../context.ts";
import { Avatar } from "../part/avatar.tsx";
import { Button, Spinner } from "../part/control.tsx";

export function Intro({ of, isEmpty }: { of: Key; isEmpty: boolean }) {
  const { state, t, commands } = useView();
  const id = idOf(of);
  const room = state.rooms.get(id);
  const person = personOf(state, id);
  const name = isRoom(of) ? (room?.name ?? id) : person.name;
  const picture = isRoom(of) ? (room?.picture ?? "") : person.picture;
  const canWrite = isRoom(of) ? room?.isJoined === true : !person.isBlocked;
  return (
    <div class={isEmpty ? "intro empty" : "intro"}>
      <Avatar id={id} name={name} picture={picture} size={isEmpty ? 64 : 48} isRoom={isRoom(of)} />
      <p class="title" dir="auto">
        {name}
      </p>
      {isRoom(of) && room !== undefined && room.topic !== "" && <p dir="auto">{room.topic}</p>}
      {!isRoom(of) && person.status !== "" && <p dir="auto">{person.status}</p>}
      <p class="hint">{t(isRoom(of) ? "chat.start.room" : "chat.start", { name })}</p>
      {isEmpty && canWrite && (
        <Button onClick={() => commands.send(of, "👋")}>
          <span aria-hidden="true">👋</span> {t("chat.wave")}
        </Button>
      )}
    </div>
  );
}

export function Older({ state, onMore }: { state: Conversation["older"]; onMore: () => void }) {
  const { t } = useView();
  if (state === "loading") {
    return (
      <p class="older">
        <Spinner />
        {t("chat.older.loading")}
      </p>
    );
  }
  if (state === "failed") {
    return (
      <p class="older">
        {t("chat.older.failed")}
        <button type="button" class="link" onClick={onMore}>
          {t("common.retry")}
        </button>
      </p>
    );
  }
  return (
    <p class="older">
      <button type="button" class="link" onClick={onMore}>
        {t("chat.older")}
      </button>
    </p>
  );
}
