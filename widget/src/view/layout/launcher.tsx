// The button that opens the chat, with what one has missed.

import { useView } from "../context.ts";
import { Badge } from "../part/control.tsx";
import { Icon } from "../part/icon.tsx";
import { PresenceSign } from "../part/presence.tsx";

export function Launcher({ isRound, isOpen, onClick }: { isRound: boolean; isOpen: boolean; onClick: () => void }) {
  const { state, t } = useView();
  const { me, link } = state;
  const isHere = me !== null && link.state === "online";
  const online = new Set(state.groups.flatMap((group) => group.people).filter((id) => state.people.get(id)?.show !== "unavailable")).size;
  return (
    <button
      type="button"
      class={`launcher${isRound ? " round" : ""}${isOpen ? " open" : ""}`}
      part="launcher"
      data-launcher=""
      aria-expanded={isOpen}
      onClick={onClick}
    >
      <span class="mark">
        <Icon name={isRound && isOpen ? "chevron" : "chat"} size={isRound ? 26 : 20} />
        {!isRound && <PresenceSign show={isHere ? me.show : "unavailable"} />}
      </span>
      {isRound ? (
        <span class="unseen">{t(isOpen ? "bar.close" : "bar.open")}</span>
      ) : (
        <span class="words">
          <span class="name">{t("bar.chat")}</span>
          {isHere && online > 0 && <span class="about">{t("bar.online", { count: online })}</span>}
          {(link.state === "connecting" || link.state === "reconnecting") && <span class="about">{t("link.connecting")}</span>}
        </span>
      )}
      {state.unread > 0 ? <Badge count={state.unread} /> : state.invitations.length + state.notifications.length > 0 && <span class="dot" />}
    </button>
  );
}
