// Oneself: picture, presence and the status line.

import { useEffect, useRef, useState } from "preact/hooks";
import { SHOWS, type Me, type Show } from "../../model/state.ts";
import type { TextKey } from "../../locale/index.ts";
import { useView } from "../context.ts";
import { isComposing } from "../hooks.ts";
import { Avatar } from "../part/avatar.tsx";
import { Menu, type MenuItem } from "../part/menu.tsx";
import { PresenceSign, showText } from "../part/presence.tsx";

const HINTS: Partial<Record<Show, TextKey>> = { dnd: "show.dnd.hint", invisible: "show.invisible.hint" };

export function MeHead({ me }: { me: Me }) {
  const { commands, t } = useView();
  const items: MenuItem[] = SHOWS.map((show) => ({
    label: t(showText(show)),
    ...(HINTS[show] === undefined ? {} : { hint: t(HINTS[show]) }),
    sign: <PresenceSign show={show} />,
    isChecked: me.show === show,
    act: () => commands.setShow(show),
  }));
  const goOffline: MenuItem = {
    label: t("show.unavailable"),
    hint: t("show.unavailable.hint"),
    sign: <PresenceSign show="unavailable" />,
    isChecked: me.show === "unavailable",
    isApart: true,
    act: () => commands.signOut(),
  };
  return (
    <div class="me">
      <Menu label={t("me.presence", { show: t(showText(me.show)) })} items={[...items, goOffline]} class="my-picture" align="start">
        <Avatar id={me.id} name={me.name} picture={me.picture} size={40} show={me.show} />
      </Menu>
      <div class="who">
        <h2 class="name">
          <bdi>{me.name}</bdi>
          {me.isGuest && <span class="tag">{t("common.guest")}</span>}
        </h2>
        <StatusLine status={me.status} />
      </div>
    </div>
  );
}

function StatusLine({ status }: { status: string }) {
  const { commands, t } = useView();
  const [text, setText] = useState(status);
  const field = useRef<HTMLInputElement>(null);
  const isGivenUp = useRef(false);
  useEffect(() => setText(status), [status]);
  const keep = () => {
    if (isGivenUp.current) setText(status);
    else if (text.trim() !== status) commands.setStatus(text.trim());
    isGivenUp.current = false;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event) || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.stopPropagation();
    isGivenUp.current = event.key === "Escape";
    field.current?.blur();
  };
  return (
    <input
      class="status-line"
      type="text"
      dir="auto"
      maxLength={200}
      autocomplete="off"
      enterkeyhint="done"
      aria-label={t("me.status")}
      placeholder={t("me.status.empty")}
      value={text}
      ref={field}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={keep}
      onKeyDown={onKeyDown}
    />
  );
}
