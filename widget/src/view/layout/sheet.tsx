// The bar on a phone: a round button, and a sheet over the page that keeps clear of the keyboard.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { shownKey, useView } from "../context.ts";
import { focusedIn, isComposing } from "../hooks.ts";
import { Launcher } from "./launcher.tsx";
import { Stack } from "./stack.tsx";

export function Sheet() {
  const { state, commands, t } = useView();
  const shown = shownKey(state);
  const isOpen = state.panel !== "none" || shown !== null;
  const close = () => {
    if (shown !== null) commands.close(shown);
    commands.setPanel("none");
  };
  if (!isOpen) {
    return (
      <aside class="dock" part="bar" aria-label={t("bar.region")}>
        <Launcher isRound isOpen={false} onClick={() => commands.setPanel("roster")} />
      </aside>
    );
  }
  return <Opened close={close} />;
}

function Opened({ close }: { close: () => void }) {
  const { t, root, state } = useView();
  const sheet = useRef<HTMLDivElement>(null);
  useVisibleArea(sheet);
  useStillPage();
  // What is shown is where the focus is, so that a screen reader begins there.
  useEffect(() => {
    const card = sheet.current?.querySelector<HTMLElement>(".card");
    if (card !== undefined && card !== null && !card.contains(root.activeElement)) card.focus({ preventScroll: true });
  }, [state.focused, state.panel, root]);
  useEffect(
    () => () => {
      queueMicrotask(() => root.querySelector<HTMLElement>("[data-launcher]")?.focus());
    },
    [root],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !isComposing(event)) close();
    if (event.key === "Tab" && sheet.current !== null) keepWithin(sheet.current, event, root);
  };
  return (
    <>
      <div class="scrim" onClick={close} />
      <div class="sheet" part="sheet" role="dialog" aria-modal="true" aria-label={t("roster.title")} ref={sheet} onKeyDown={onKeyDown}>
        <Stack onClose={close} />
      </div>
    </>
  );
}

function keepWithin(sheet: HTMLElement, event: KeyboardEvent, root: ShadowRoot): void {
  const all = [...sheet.querySelectorAll<HTMLElement>("button:not(:disabled), input, textarea, select, a[href], [tabindex='0']")].filter(
    (element) => element.tabIndex >= 0 && element.getClientRects().length > 0,
  );
  const [first, last] = [all[0], all[all.length - 1]];
  const at = focusedIn(root);
  const isAtEnd = event.shiftKey ? at === first || at?.tabIndex === -1 : at === last;
  if (!isAtEnd) return;
  event.preventDefault();
  (event.shiftKey ? last : first)?.focus();
}

/** The part of the page that a keyboard leaves. */
function useVisibleArea(sheet: { current: HTMLElement | null }): void {
  useLayoutEffect(() => {
    const area = window.visualViewport;
    const element = sheet.current;
    if (area === null || area === undefined || element === null) return undefined;
    const changed = () => {
      // A person who zooms in wants to move around: then the sheet stays as it is.
      if (area.scale > 1.05) return;
      element.style.setProperty("--visible-height", `${area.height}px`);
      element.style.setProperty("--visible-top", `${area.offsetTop}px`);
      element.classList.toggle("with-keyboard", window.innerHeight - area.height > 120);
    };
    changed();
    area.addEventListener("resize", changed);
    area.addEventListener("scroll", changed);
    return () => {
      area.removeEventListener("resize", changed);
      area.removeEventListener("scroll", changed);
    };
  }, [sheet]);
}

/** The page below does not scroll meanwhile. */
function useStillPage(): void {
  useEffect(() => {
    const { style } = document.documentElement;
    const before = style.overflow;
    style.overflow = "hidden";
    return () => {
      style.overflow = before;
    };
  }, []);
}
