// The messages of a conversation, with their place kept: at the bottom while one is there, and still when older ones come in above.

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../model/state.ts";
import { idOf, isRoom, useView } from "../context.ts";
import { type ElementRef, moveFocus } from "../hooks.ts";
import { Icon } from "../part/icon.tsx";
import { Group } from "./group.tsx";
import { Intro, Older } from "./intro.tsx";
import { rowsOf } from "./rows.ts";
import { Typing } from "./typing.tsx";

/** Nearer to an end than this is at the end, in CSS pixels. */
const NEAR = 60;

interface Properties {
  conversation: Conversation;
  /** A message to be shown, by its key. */
  jump: string | null;
  onJumped: () => void;
}

export function MessageList({ conversation, jump, onJumped }: Properties) {
  const { state, t, times, commands } = useView();
  const { key, messages, older, firstUnread } = conversation;
  const list = useRef<HTMLDivElement>(null);
  const { isAtBottom, below, onScroll, toBottom } = useKeptPlace(list, conversation);
  const isInRoom = isRoom(key);
  const rows = useMemo(() => rowsOf(messages, firstUnread), [messages, firstUnread]);
  const drawn = useMemo(
    () =>
      rows.map((row) => {
        if (row.kind === "day") return <Separator key={row.key} text={times.day(row.at)} />;
        if (row.kind === "new") return <Separator key={row.key} text={t("chat.new")} isNew />;
        return <Group key={row.key} of={key} row={row} isInRoom={isInRoom} />;
      }),
    [rows, times, t, key, isInRoom],
  );
  useOlder(list, conversation);
  useEffect(() => {
    if (jump === null) return;
    const target = list.current?.querySelector(`[data-message="${CSS.escape(jump)}"]`);
    target?.scrollIntoView({ block: "center" });
    target?.classList.add("found");
    onJumped();
  }, [jump, onJumped]);
  return (
    <div class="stream">
      <div class="log" part="log" role="log" aria-live="polite" aria-relevant="additions" aria-label={t("chat.log")} tabIndex={0} ref={list} onScroll={onScroll} onKeyDown={walk}>
        <div class="fill">
          {older === "none" ? <Intro of={key} isEmpty={messages.length === 0} /> : <Older state={older} onMore={() => commands.loadOlder(key)} />}
          {drawn}
          <Typing names={typingIn(state, key)} />
        </div>
      </div>
      {!isAtBottom && (
        <button type="button" class="to-latest" onClick={toBottom} aria-label={below > 0 ? undefined : t("chat.latest")}>
          <Icon name="down" size={16} />
          {below > 0 && t("chat.newBelow", { count: below })}
        </button>
      )}
    </div>
  );
}

/** From bubble to bubble with the arrow keys; the first step goes to the newest. Each has its button to copy. */
function walk(event: KeyboardEvent): void {
  const log = event.currentTarget as HTMLElement;
  const lines = [...log.querySelectorAll<HTMLElement>(".line")];
  if (event.target === log && event.key.startsWith("Arrow")) {
    event.preventDefault();
    lines.at(-1)?.focus();
  } else if ((event.target as Element).classList.contains("line")) moveFocus(event, lines);
}

function typingIn(state: ReturnType<typeof useView>["state"], key: Conversation["key"]): readonly string[] {
  if (isRoom(key)) return state.rooms.get(idOf(key))?.typing ?? [];
  const person = state.people.get(idOf(key));
  return person?.isTyping ? [person.name] : [];
}

function Separator({ text, isNew = false }: { text: string; isNew?: boolean }) {
  return (
    <p class={isNew ? "separator new" : "separator"}>
      <span>{text}</span>
    </p>
  );
}

/** Asks for older messages when there is room for them above the first. */
function useOlder(list: ElementRef<HTMLDivElement>, { key, messages, older }: Conversation): void {
  const { commands } = useView();
  const asked = useRef("");
  useEffect(() => {
    const element = list.current;
    if (element === null || older !== "more") return undefined;
    const ask = () => {
      const before = `${key} ${messages[0]?.key ?? ""}`;
      if (element.scrollTop > NEAR * 2 || asked.current === before) return;
      asked.current = before;
      commands.loadOlder(key);
    };
    ask();
    element.addEventListener("scroll", ask, { passive: true });
    return () => element.removeEventListener("scroll", ask);
  }, [list, key, messages, older, commands]);
}

function useKeptPlace(list: ElementRef<HTMLDivElement>, { messages }: Conversation) {
  const place = useRef({ isAtBottom: true, first: "", last: "", height: 0, top: 0, room: 0 });
  const [isAtBottom, setAtBottom] = useState(true);
  const [seen, setSeen] = useState(messages.length);
  const toBottom = useCallback(() => {
    const element = list.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, [list]);
  const onScroll = useCallback(() => {
    const element = list.current;
    if (element === null) return;
    // A list that has become smaller was not scrolled by anyone.
    const isSameRoom = place.current.room === element.clientHeight;
    place.current.room = element.clientHeight;
    if (!isSameRoom && place.current.isAtBottom) return toBottom();
    place.current.top = element.scrollTop;
    place.current.isAtBottom = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    setAtBottom(place.current.isAtBottom);
  }, [list, toBottom]);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return;
    const was = place.current;
    const first = messages[0]?.key ?? "";
    const last = messages[messages.length - 1];
    const isOwnNew = last !== undefined && last.isMine && last.key !== was.last && last.delivery === "sending";
    if (was.isAtBottom || isOwnNew) element.scrollTop = element.scrollHeight;
    else if (first !== was.first) element.scrollTop = was.top + element.scrollHeight - was.height;
    place.current = { ...was, first, last: last?.key ?? "", height: element.scrollHeight, top: element.scrollTop };
  });
  useEffect(() => {
    if (isAtBottom) setSeen(messages.length);
  }, [isAtBottom, messages]);
  useStickyBottom(list, place, toBottom);
  // Older ones that came in above are no news.
  const firstSeen = useRef(messages[0]?.key);
  if (firstSeen.current !== messages[0]?.key) {
    const added = messages.findIndex((message) => message.key === firstSeen.current);
    firstSeen.current = messages[0]?.key;
    if (added > 0) setSeen(seen + added);
  }
  return { isAtBottom, below: Math.max(0, messages.length - seen), onScroll, toBottom };
}

/** Stays at the bottom when the room for the list changes: a keyboard, a longer draft, a picture that came. */
function useStickyBottom(list: ElementRef<HTMLDivElement>, place: { readonly current: { isAtBottom: boolean } }, toBottom: () => void): void {
  useEffect(() => {
    const element = list.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (place.current.isAtBottom) toBottom();
    });
    observer.observe(element);
    if (element.firstElementChild !== null) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, [list, place, toBottom]);
}
