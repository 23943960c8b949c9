// One conversation: its head, its messages and what is written, with a person or in a room.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { Conversation, Key } from "../../model/state.ts";
import { idOf, isRoom, nameOf, useView } from "../context.ts";
import { focusedIn, isComposing } from "../hooks.ts";
import { Ask, type Question } from "../part/ask.tsx";
import { Banner } from "../part/banner.tsx";
import { Picker } from "../roster/picker.tsx";
import { ChatHead } from "./head.tsx";
import { Footer } from "./footer.tsx";
import { Members } from "./members.tsx";
import { MessageList } from "./list.tsx";
import { SearchPane } from "./search.tsx";

/** Which pane covers the messages. */
export type Pane = "messages" | "members" | "search" | "picker";

export interface ChatProperties {
  of: Key;
  /** A window may be closed and minimised; a page's conversation may not. */
  isWindow?: boolean;
  /** Back to the list, where one view is shown at a time. */
  onBack?: () => void;
  /** Takes hold of the head, to drag the window. */
  onGrab?: (event: PointerEvent) => void;
}

const NOTHING_YET: Omit<Conversation, "key"> = { messages: [], older: "more", unread: 0, firstUnread: null, draft: "", search: null };

export function Chat({ of, isWindow = false, onBack, onGrab }: ChatProperties) {
  const { state, commands, t } = useView();
  const [pane, setPane] = useState<Pane>("messages");
  const [question, setQuestion] = useState<Question | null>(null);
  const [jump, setJump] = useState<string | null>(null);
  const card = useRef<HTMLElement>(null);
  useFocus(of, card);

  const name = nameOf(state, of);
  const conversation = state.conversations.get(of) ?? { key: of, ...NOTHING_YET };
  const show = (next: Pane) => {
    if (pane === "search" && next !== "search") commands.search(of, null);
    if (next === "search") commands.search(of, "");
    if (next === "members") commands.loadMembers(idOf(of));
    setPane(next);
  };
  const showMessage = (key: string) => {
    show("messages");
    setJump(key);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || isComposing(event)) return;
    event.stopPropagation();
    if (pane !== "messages") show("messages");
    else if (onBack !== undefined) onBack();
    else if (isWindow) commands.close(of);
  };
  const panes: Record<Pane, () => ComponentChildren> = {
    messages: () => (
      <>
        <MessageList key={of} conversation={conversation} jump={jump} onJumped={() => setJump(null)} />
        <Footer conversation={conversation} name={name} />
      </>
    ),
    members: () => <Members room={idOf(of)} onBack={() => show("messages")} />,
    search: () => <SearchPane conversation={conversation} onBack={() => show("messages")} onShow={showMessage} />,
    picker: () => <Picker to={of} onDone={() => show("messages")} />,
  };
  return (
    <section
      class={`card chat${state.focused === of ? " focused" : ""}`}
      part="window"
      role={isWindow ? "dialog" : "region"}
      aria-label={t(isRoom(of) ? "chat.room" : "chat.with", { name })}
      data-key={of}
      tabIndex={-1}
      ref={card}
      onFocusIn={() => state.focused !== of && commands.focus(of)}
      onKeyDown={onKeyDown}
    >
      <ChatHead of={of} isWindow={isWindow} onBack={onBack} onGrab={onGrab} onPane={show} onAsk={setQuestion} />
      <Banner />
      {panes[pane]()}
      {question !== null && <Ask question={question} close={() => setQuestion(null)} />}
    </section>
  );
}

/** Takes the focus when a person opens the conversation, and gives it back when it goes. */
function useFocus(of: Key, card: { current: HTMLElement | null }): void {
  const { state, root, isNarrow } = useView();
  const isFocused = state.focused === of;
  // Before the focus moves here, and while it still is here.
  useLayoutEffect(() => {
    const before = focusedIn(root);
    const element = card.current;
    return () => {
      if (!element?.contains(root.activeElement)) return;
      queueMicrotask(() => {
        const chip = root.querySelector<HTMLElement>(`[data-chip="${CSS.escape(of)}"]`);
        const next = chip ?? (before?.isConnected ? before : root.querySelector<HTMLElement>("[data-launcher]"));
        next?.focus();
      });
    };
  }, [of, card, root]);
  // At once, not a frame later: whoever has gone on to another window by then must not be brought back in mid-word.
  useLayoutEffect(() => {
    // Only after something that the person did: a page that has just loaded keeps its focus.
    const isAsked = navigator.userActivation?.isActive ?? true;
    if (!isFocused || !isAsked || card.current?.contains(root.activeElement)) return;
    const field = isNarrow ? null : card.current?.querySelector("textarea");
    (field ?? card.current)?.focus({ preventScroll: true });
  }, [isFocused, isNarrow, card, root]);
}
