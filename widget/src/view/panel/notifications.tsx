// What the site wants one to notice, and invitations into rooms.

import type { Invitation, Notification } from "../../model/state.ts";
import { useView } from "../context.ts";
import { Avatar } from "../part/avatar.tsx";
import { Button, Empty } from "../part/control.tsx";
import { Icon } from "../part/icon.tsx";
import { safeAddress } from "../chat/links.ts";
import { PanelHead } from "./settings.tsx";

export function NotificationsPanel() {
  const { state, commands, t } = useView();
  const { notifications, invitations } = state;
  return (
    <>
      <PanelHead title={t("notifications.title")} />
      <div class="scroll notifications">
        {notifications.length + invitations.length === 0 ? (
          <Empty icon="bell" title={t("notifications.empty")} hint={t("notifications.empty.hint")} />
        ) : (
          <ul>
            {invitations.map((one) => (
              <InvitationItem key={one.room} invitation={one} />
            ))}
            {notifications.map((one) => (
              <NotificationItem key={one.key} notification={one} />
            ))}
          </ul>
        )}
      </div>
      {notifications.length > 0 && (
        <div class="pane-foot">
          <Button onClick={() => commands.dismissNotifications()}>{t("notifications.dismiss")}</Button>
        </div>
      )}
    </>
  );
}

function InvitationItem({ invitation }: { invitation: Invitation }) {
  const { commands, t } = useView();
  const { room, roomName, fromName } = invitation;
  return (
    <li class="notice">
      <Avatar id={room} name={roomName} picture="" size={36} isRoom />
      <div class="words">
        <p>{t("invitation.text", { from: fromName, room: roomName })}</p>
        <div class="buttons">
          <Button kind="main" onClick={() => commands.answerInvitation(room, true)}>
            {t("invitation.accept")}
          </Button>
          <Button onClick={() => commands.answerInvitation(room, false)}>{t("invitation.decline")}</Button>
        </div>
      </div>
    </li>
  );
}

function NotificationItem({ notification }: { notification: Notification }) {
  const { times, base } = useView();
  const href = notification.url === "" ? null : safeAddress(notification.url, new URL(base, document.baseURI).href);
  return (
    <li class="notice">
      <span class="notice-sign" aria-hidden="true">
        <Icon name="bell" size={18} />
      </span>
      <div class="words">
        <p dir="auto">{href === null ? notification.text : <a href={href}>{notification.text}</a>}</p>
        <time dateTime={times.iso(notification.at)} title={times.full(notification.at)}>
          {times.brief(notification.at)}
        </time>
      </div>
    </li>
  );
}
