// The lists of the roster: what is unread, people by group, rooms, and what a search finds.

import { useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { Key, State } from "../../model/state.ts";
import { personKey, personOf, roomKey, useView } from "../context.ts";
import { moveFocus } from "../hooks.ts";
import { Button, Empty, Spinner } from "../part/control.tsx";
import { Icon } from "../part/icon.tsx";
import { Row } from "./row.tsx";

/** Groups that are folded, for as long as the page lives. */
const folded = new Set<string>();

interface Properties {
  onOpen: (key: Key) => void;
}

export function People({ onOpen }: Properties) {
  const { state, t } = useView();
  const unread = [...state.conversations.values()].filter((one) => one.unread > 0 && !isLookedAt(state, one.key)).map((one) => one.key);
  const groups = state.groups.filter((group) => group.people.length > 0);
  return (
    <Rows>
      {unread.length > 0 && (
        <Section title={t("roster.unread")}>
          {unread.map((key) => (
            <Row key={key} of={key} onOpen={onOpen} />
          ))}
        </Section>
      )}
      {groups.map((group) => (
        <Section
          key={group.name}
          title={t.any(`roster.group.${group.name}`, "roster.people") === t("roster.people") ? group.name : t.any(`roster.group.${group.name}`, "roster.people")}
          fold={group.name}
          tally={`${group.online}/${group.people.length}`}
          says={t("roster.groupCount", { online: group.online, total: group.people.length })}
        >
          {group.people.map((id) => (
            <Row key={id} of={personKey(id)} onOpen={onOpen} />
          ))}
        </Section>
      ))}
      {groups.length === 0 && <Empty icon="people" title={t("roster.empty")} hint={t("roster.empty.hint")} />}
    </Rows>
  );
}

function isLookedAt(state: State, key: Key): boolean {
  return state.focused === key && state.windows.some((window) => window.key === key && !window.isMinimised);
}

export function Rooms({ onOpen, onNew }: Properties & { onNew: () => void }) {
  const { state, t } = useView();
  return (
    <Rows>
      {state.roomOrder.length === 0 ? (
        <Empty icon="chat" title={t("roster.rooms.empty")} hint={t("roster.rooms.empty.hint")}>
          <Button kind="main" onClick={onNew}>
            {t("roster.newRoom")}
          </Button>
        </Empty>
      ) : (
        <>
          <ul class="rows">
            {state.roomOrder.map((id) => (
              <Row key={id} of={roomKey(id)} onOpen={onOpen} />
            ))}
          </ul>
          <button type="button" class="row add" onClick={onNew}>
            <span class="plus">
              <Icon name="plus" />
            </span>
            <span class="words">
              <span class="name">{t("roster.newRoom")}</span>
            </span>
          </button>
        </>
      )}
    </Rows>
  );
}

export function Found({ query, onOpen }: Properties & { query: string }) {
  const { state, t, locale } = useView();
  const wanted = query.toLocaleLowerCase(locale.tag);
  const matches = (name: string) => name.toLocaleLowerCase(locale.tag).includes(wanted);
  const known = new Set(state.groups.flatMap((group) => group.people));
  const people = [...known].filter((id) => matches(personOf(state, id).name));
  const rooms = state.roomOrder.filter((id) => matches(state.rooms.get(id)?.name ?? id));
  const others = state.found?.people.filter((id) => !people.includes(id)) ?? [];
  const isSearching = state.found?.isSearching === true;
  const sections = [
    { title: t("roster.people"), keys: people.map(personKey) },
    { title: t("roster.rooms"), keys: rooms.map(roomKey) },
    { title: t("roster.found"), keys: others.map(personKey) },
  ].filter(({ keys }) => keys.length > 0);
  return (
    <Rows>
      {sections.map(({ title, keys }) => (
        <Section key={title} title={title}>
          {keys.map((key) => (
            <Row key={key} of={key} onOpen={onOpen} />
          ))}
        </Section>
      ))}
      {isSearching && (
        <p class="older">
          <Spinner />
          {t("roster.searching")}
        </p>
      )}
      {sections.length === 0 && !isSearching && <Empty icon="search" title={t("roster.nothing")} hint={t("roster.nothing.hint")} />}
    </Rows>
  );
}

/** A list in which the arrow keys move; Tab goes to one row only. */
function Rows({ children }: { children: ComponentChildren }) {
  const list = useRef<HTMLDivElement>(null);
  const rows = () => [...(list.current?.querySelectorAll<HTMLElement>("button.row, button.fold") ?? [])];
  const onFocusIn = (event: FocusEvent) => {
    for (const row of rows()) row.tabIndex = row === event.target ? 0 : -1;
  };
  const first = (element: HTMLDivElement | null) => {
    list.current = element;
    if (element === null || rows().some((row) => row.tabIndex === 0)) return;
    const start = rows()[0];
    if (start !== undefined) start.tabIndex = 0;
  };
  return (
    <div class="scroll" ref={first} onFocusIn={onFocusIn} onKeyDown={(event) => moveFocus(event, rows())}>
      {children}
    </div>
  );
}

function Section({ title, fold, tally, says, children }: { title: string; fold?: string; tally?: string; says?: string; children: ComponentChildren }) {
  const [isFolded, setFolded] = useState(fold !== undefined && folded.has(fold));
  if (fold === undefined) {
    return (
      <section class="group-of" aria-label={title}>
        <h3>{title}</h3>
        <ul class="rows">{children}</ul>
      </section>
    );
  }
  const turn = () => {
    if (isFolded) folded.delete(fold);
    else folded.add(fold);
    setFolded(!isFolded);
  };
  return (
    <section class="group-of" aria-label={title}>
      <h3>
        <button type="button" class="fold" aria-expanded={!isFolded} onClick={turn}>
          <Icon name="chevron" size={14} />
          <bdi>{title}</bdi>
          <span class="tally" aria-hidden="true">
            {tally}
          </span>
          <span class="unseen">{says}</span>
        </button>
      </h3>
      {!isFolded && <ul class="rows">{children}</ul>}
    </section>
  );
}
