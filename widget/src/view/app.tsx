// The whole of what is shown: follows the store, chooses words, colours and a layout by the room that there is.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { chooseLocale, translator } from "../locale/index.ts";
import type { Key, State, Store } from "../model/state.ts";
import { Chat } from "./chat/chat.tsx";
import { type Frame, FrameContext, type Mode, type View, ViewContext } from "./context.ts";
import { useMedia, useWidth } from "./hooks.ts";
import { Bar } from "./layout/bar.tsx";
import { Sheet } from "./layout/sheet.tsx";
import { Split } from "./layout/split.tsx";
import { Stack } from "./layout/stack.tsx";
import { Gate } from "./panel/gate.tsx";
import { Skeleton } from "./roster/skeleton.tsx";
import { timesOf } from "./time.ts";
import { titleCounter } from "./title.ts";
import { Toasts } from "./toasts.tsx";

export interface Options {
  /** The locale that the site wants, or `auto`. */
  readonly locale: string;
  readonly mode: Mode;
  readonly only?: Key;
  readonly texts?: Readonly<Record<string, string>>;
  readonly base: string;
}

/** Narrower than this, in CSS pixels, there is one view at a time. */
const NARROW = 640;
const NARROW_PAGE = `(max-width: ${NARROW - 0.02}px), (max-height: 420px) and (pointer: coarse)`;

export function App({ root, store, options }: { root: ShadowRoot; store: Store; options: Options }) {
  const state = useStore(store);
  const whole = useRef<HTMLDivElement>(null);
  const width = useWidth(whole);
  const isNarrowPage = useMedia(NARROW_PAGE);
  const isNarrow = options.mode === "bar" ? isNarrowPage : width < NARROW;
  const language = useLanguage(store, state.settings.language, options);
  const frame: Frame = useMemo(
    () => ({
      ...language,
      commands: store.commands,
      mode: options.mode,
      only: options.only ?? null,
      isNarrow,
      base: options.base,
      root,
      now: () => Date.now() + store.get().clockSkewMs,
    }),
    [language, store, options, isNarrow, root],
  );
  const view: View = useMemo(() => ({ ...frame, state }), [frame, state]);
  const isDark = useIsDark(state.settings.theme);
  useLeaving(view, options.only !== undefined || (options.mode === "bar" && !isNarrow));
  useTitle(state.unread, options.mode !== "inline");
  const look = `nextim ${options.mode}${isNarrow ? " narrow" : ""}${isDark ? " dark" : ""}`;
  return (
    <FrameContext.Provider value={frame}>
      <ViewContext.Provider value={view}>
        <div class={look} lang={language.locale.language} dir={language.locale.direction} ref={whole}>
          <Layout view={view} />
          <Toasts />
          <Says view={view} />
        </div>
      </ViewContext.Provider>
    </FrameContext.Provider>
  );
}

function useStore(store: Store): State {
  const [state, setState] = useState(() => store.get());
  useEffect(() => {
    setState(store.get());
    return store.subscribe(() => setState(store.get()));
  }, [store]);
  return state;
}

function useLanguage(store: Store, wish: string, options: Options) {
  return useMemo(() => {
    const page = document.documentElement;
    const locale = chooseLocale([wish, options.locale, page.lang, ...navigator.languages], page.dir);
    const t = translator(locale, options.texts);
    return { locale, t, times: timesOf(locale.tag, t, () => Date.now() + store.get().clockSkewMs) };
  }, [store, wish, options]);
}

function useIsDark(theme: State["settings"]["theme"]): boolean {
  const prefersDark = useMedia("(prefers-color-scheme: dark)");
  return theme === "auto" ? prefersDark : theme === "dark";
}

function useTitle(unread: number, isOurs: boolean): void {
  const counter = useMemo(titleCounter, []);
  useEffect(() => {
    if (isOurs) counter.show(unread);
  }, [counter, unread, isOurs]);
  useEffect(() => counter.restore, [counter]);
}

/** Who points at the page has left the conversation. */
function useLeaving({ commands, state }: View, canLeave: boolean): void {
  const isAnywhere = canLeave && state.focused !== null;
  useEffect(() => {
    if (!isAnywhere) return undefined;
    const pressed = (event: Event) => {
      const isInChat = event.composedPath().some((place) => place instanceof Element && place.classList.contains("nextim"));
      if (!isInChat) commands.focus(null);
    };
    document.addEventListener("pointerdown", pressed, true);
    return () => document.removeEventListener("pointerdown", pressed, true);
  }, [isAnywhere, commands]);
}

function Layout({ view }: { view: View }) {
  if (view.only !== null) return <Only of={view.only} view={view} />;
  if (view.mode === "bar") return view.isNarrow ? <Sheet /> : <Bar />;
  return view.isNarrow ? <Stack /> : <Split />;
}

/** One conversation as a part of the page. */
function Only({ of, view }: { of: Key; view: View }) {
  const { state } = view;
  if (state.link.state === "signed_out" || state.link.state === "refused") {
    return (
      <section class="card">
        <Gate />
      </section>
    );
  }
  if (state.me === null) {
    return (
      <section class="card">
        <Skeleton rows={5} />
      </section>
    );
  }
  return <Chat of={of} />;
}

/** What screen readers are told of what happens elsewhere than in an open conversation. */
function Says({ view: { state, t } }: { view: View }) {
  const { link } = state;
  const words =
    link.state === "offline" ? t("link.offline") : link.state === "reconnecting" ? t("link.reconnecting") : state.unread > 0 ? t("bar.unread", { count: state.unread }) : "";
  return (
    <p class="unseen" role="status">
      {words}
    </p>
  );
}
