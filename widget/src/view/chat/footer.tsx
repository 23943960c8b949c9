// Below the messages: where one writes, or why one cannot.

import type { Conversation } from "../../model/state.ts";
import { idOf, isRoom, personOf, useView } from "../context.ts";
import { Button } from "../part/control.tsx";
import { Composer } from "./composer.tsx";

export function Footer({ conversation, name }: { conversation: Conversation; name: string }) {
  const { state, commands, t } = useView();
  const id = idOf(conversation.key);
  const person = personOf(state, id);
  if (isRoom(conversation.key)) {
    if (state.rooms.get(id)?.isJoined === true) return <Composer conversation={conversation} name={name} />;
    return (
      <div class="instead">
        <p>{t("room.join.hint")}</p>
        <Button kind="main" onClick={() => commands.joinRoom(id)}>
          {t("room.join")}
        </Button>
      </div>
    );
  }
  if (person.isBlocked) {
    return (
      <div class="instead">
        <p>{t("chat.blocked", { name })}</p>
        <Button onClick={() => commands.block(id, false)}>{t("chat.unblock")}</Button>
      </div>
    );
  }
  return <Composer conversation={conversation} name={name} hint={person.show === "unavailable" ? t("chat.offlineHint", { name }) : null} />;
}
