// The bar of a desktop page: the launcher with its panel in the corner, windows side by side beside it.

import { useLayoutEffect, useRef } from "preact/hooks";
import type { ChatWindow } from "../../model/state.ts";
import { nameOf, unreadOf, useView } from "../context.ts";
import { focusedIn, useWidth } from "../hooks.ts";
import { Chat } from "../chat/chat.tsx";
import { Badge } from "../part/control.tsx";
import { Icon } from "../part/icon.tsx";
import { Menu } from "../part/menu.tsx";
import { PanelContent } from "../panel/panel.tsx";
import { Chip } from "./chip.tsx";
import { useDrag } from "./drag.ts";
import { fit } from "./fit.ts";
import { Launcher } from "./launcher.tsx";

/** As in the style sheet, in CSS pixels. */
const GAP = 12;
const CHIP = 176;
const MORE = 64;
const OPEN = 328;

export function Bar() {
  const { state, commands, t } = useView();
  const row = useRef<HTMLDivElement>(null);
  const isMinimised = state.settings.minimised && state.panel === "none";
  const hasWindows = !isMinimised && state.me !== null && state.link.state !== "signed_out" && state.link.state !== "refused";
  const launch = () => commands.setPanel(state.panel === "none" ? "roster" : "none");
  return (
    <aside class="dock" part="bar" aria-label={t("bar.region")}>
      <div class="corner">
        <Panel />
        <Launcher isRound={state.settings.minimised} isOpen={state.panel !== "none"} onClick={launch} />
      </div>
      <div class="windows" ref={row}>
        {hasWindows && <Windows row={row} />}
      </div>
    </aside>
  );
}

function Windows({ row }: { row: { current: HTMLDivElement | null } }) {
  const { state } = useView();
  const grab = useDrag();
  const width = useWidth(row);
  const open = Number.parseInt(row.current === null ? "" : getComputedStyle(row.current).getPropertyValue("--window"), 10) || OPEN;
  const { shown, hidden } = fit(state.windows, state.focused, width, { open, chip: CHIP, gap: GAP, more: MORE });
  return (
    <>
      {hidden.length > 0 && <More windows={hidden} />}
      {shown.map((window) =>
        window.isMinimised ? (
          <Chip key={window.key} of={window.key} onGrab={grab(window.key)} />
        ) : (
          <Chat key={window.key} of={window.key} isWindow onGrab={grab(window.key)} />
        ),
      )}
    </>
  );
}

/** Windows for which there is no room. */
function More({ windows }: { windows: readonly ChatWindow[] }) {
  const { state, commands, t } = useView();
  const unread = windows.reduce((sum, window) => sum + unreadOf(state, window.key), 0);
  const items = windows.map(({ key }) => ({
    label: nameOf(state, key),
    ...(unreadOf(state, key) > 0 ? { hint: t("bar.unread", { count: unreadOf(state, key) }) } : {}),
    act: () => {
      commands.minimise(key, false);
      commands.focus(key);
    },
  }));
  return (
    <div class="chip more">
      <Menu label={t("bar.more", { count: windows.length })} items={items} class="main" align="start" opens="up">
        <Icon name="windows" size={18} />
        <span class="name">{windows.length}</span>
      </Menu>
      <Badge count={unread} />
    </div>
  );
}

function Panel() {
  const { state, commands, root, t } = useView();
  const panel = useRef<HTMLElement>(null);
  const isOpen = state.panel !== "none";
  useLayoutEffect(() => {
    if (!isOpen || !(navigator.userActivation?.isActive ?? true)) return undefined;
    const before = focusedIn(root);
    panel.current?.focus({ preventScroll: true });
    return () => {
      const now = focusedIn(root);
      if (now === null || now === before) (before?.isConnected ? before : root.querySelector<HTMLElement>("[data-launcher]"))?.focus();
    };
  }, [isOpen, root]);
  if (!isOpen) return null;
  const close = () => {
    commands.setPanel("none");
    root.querySelector<HTMLElement>("[data-launcher]")?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    if (state.panel === "roster") close();
    else commands.setPanel("roster");
  };
  return (
    <section class="card panel" part="panel" role="dialog" aria-label={t("roster.title")} tabIndex={-1} ref={panel} onKeyDown={onKeyDown}>
      <PanelContent panel={state.panel} />
    </section>
  );
}
