// Everybody one can talk to, with oneself at the head.

import { useState } from "preact/hooks";
import type { Key } from "../../model/state.ts";
import { unreadOf, roomKey, useView } from "../context.ts";
import { Banner } from "../part/banner.tsx";
import { IconButton, SearchField } from "../part/control.tsx";
import { MeHead } from "./me.tsx";
import { Found, People, Rooms } from "./people.tsx";
import { Picker } from "./picker.tsx";
import { Skeleton } from "./skeleton.tsx";

type Tab = "people" | "rooms";

/** Kept for as long as the page lives: the tab one was at, and whether the first hint was read. */
const memory = { tab: "people" as Tab, isHintRead: false };

export function Roster({ onClose }: { onClose?: (() => void) | undefined }) {
  const { state, commands, t } = useView();
  const [query, setQuery] = useState("");
  const [tab, setTab] = useState<Tab>(memory.tab);
  const [isMaking, setMaking] = useState(false);
  const me = state.me;
  const news = state.notifications.length + state.invitations.length;
  const search = (next: string) => {
    setQuery(next);
    commands.findPeople(next.trim() === "" ? null : next.trim());
  };
  const choose = (next: Tab) => {
    memory.tab = next;
    setTab(next);
  };
  if (isMaking) return <Picker to={null} onDone={() => setMaking(false)} />;
  return (
    <>
      <header class="head">
        {me !== null && <MeHead me={me} />}
        <IconButton
          icon="bell"
          label={news > 0 ? t("roster.notifications.count", { count: news }) : t("roster.notifications")}
          hasDot={news > 0}
          onClick={() => commands.setPanel("notifications")}
        />
        <IconButton icon="settings" label={t("roster.settings")} onClick={() => commands.setPanel("settings")} />
        {onClose !== undefined && <IconButton icon="close" label={t("common.close")} onClick={onClose} />}
      </header>
      <Banner />
      <div class="tools">
        <SearchField label={t("roster.search")} value={query} onChange={search} />
        {me !== null && query.trim() === "" && <Tabs tab={tab} onChoose={choose} />}
      </div>
      <Lists query={query.trim()} tab={tab} onNew={() => setMaking(true)} />
    </>
  );
}

function Lists({ query, tab, onNew }: { query: string; tab: Tab; onNew: () => void }) {
  const { state, commands } = useView();
  const open = (key: Key) => commands.open(key);
  if (state.me === null) return <Skeleton rows={7} />;
  if (query !== "") return <Found query={query} onOpen={open} />;
  return (
    <div class="tab-panel" role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`}>
      <Hint />
      {tab === "people" ? <People onOpen={open} /> : <Rooms onOpen={open} onNew={onNew} />}
    </div>
  );
}

function Tabs({ tab, onChoose }: { tab: Tab; onChoose: (tab: Tab) => void }) {
  const { state, t } = useView();
  const hasUnreadRoom = state.roomOrder.some((id) => unreadOf(state, roomKey(id)) > 0 && !state.rooms.get(id)?.isSilenced);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = tab === "people" ? "rooms" : "people";
    onChoose(other);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`#tab-${other}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" onKeyDown={onKeyDown}>
      {(["people", "rooms"] as const).map((one) => (
        <button
          type="button"
          key={one}
          id={`tab-${one}`}
          role="tab"
          aria-selected={tab === one}
          aria-controls="tab-panel"
          tabIndex={tab === one ? 0 : -1}
          onClick={() => onChoose(one)}
        >
          {t(`roster.${one}`)}
          {one === "rooms" && hasUnreadRoom && <span class="dot" />}
        </button>
      ))}
    </div>
  );
}

/** For who is here for the first time. */
function Hint() {
  const { state, t } = useView();
  const [isRead, setRead] = useState(memory.isHintRead);
  const isNew = state.windows.length === 0 && [...state.conversations.values()].every((one) => one.messages.length === 0);
  if (isRead || !isNew || state.groups.every((group) => group.people.length === 0)) return null;
  const close = () => {
    memory.isHintRead = true;
    setRead(true);
  };
  return (
    <div class="first-hint">
      <p>{t("roster.hint")}</p>
      <button type="button" class="link" onClick={close}>
        {t("roster.hint.close")}
      </button>
    </div>
  );
}
