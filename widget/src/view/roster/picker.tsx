// Choosing people: for a room of one's own, or to invite into one.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Key, Person } from "../../model/state.ts";
import { idOf, isRoom, nameOf, personOf, useView } from "../context.ts";
import { Avatar } from "../part/avatar.tsx";
import { Button, Empty, IconButton, SearchField } from "../part/control.tsx";
import { Icon } from "../part/icon.tsx";

interface Properties {
  /** A room to invite into, a person to start a room with, or null for a room without either. */
  to: Key | null;
  onDone: () => void;
}

export function Picker({ to, onDone }: Properties) {
  const { state, commands, t } = useView();
  const room = to !== null && isRoom(to) ? idOf(to) : null;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(to !== null && room === null ? [idOf(to)] : []));
  const [name, setName] = useState("");
  const [query, setQuery] = useState("");
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.querySelector("input")?.focus(), []);

  const title = to === null ? t("picker.room") : t(room === null ? "picker.group" : "picker.invite", { name: nameOf(state, to) });
  const turn = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const finish = () => {
    if (room !== null) commands.invite(room, [...chosen]);
    else commands.makeRoom(name.trim() || namesOf([...chosen].map((id) => personOf(state, id))), [...chosen]);
    onDone();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onDone();
  };
  return (
    <div class="pane picker" ref={box} onKeyDown={onKeyDown}>
      <div class="pane-head">
        <IconButton icon="back" label={t("common.back")} onClick={onDone} />
        <h2>{title}</h2>
      </div>
      <div class="tools">
        {room === null && (
          <label class="field-of">
            <span>{t("picker.room.name")}</span>
            <input type="text" dir="auto" maxLength={80} autocomplete="off" value={name} onInput={(event) => setName(event.currentTarget.value)} />
          </label>
        )}
        <SearchField label={t("picker.search")} value={query} onChange={setQuery} />
      </div>
      <Choices query={query.trim()} room={room} chosen={chosen} onTurn={turn} />
      <div class="pane-foot">
        <span class="count" role="status">
          {chosen.size > 0 && t("picker.count", { count: chosen.size })}
        </span>
        <Button kind="main" isDisabled={chosen.size === 0} onClick={finish}>
          {t(room === null ? "picker.room.create" : "picker.invite.send")}
        </Button>
      </div>
    </div>
  );
}

/** What a room without a name is called. */
function namesOf(people: readonly Person[]): string {
  return people.slice(0, 3).map((person) => person.name).join(", ").slice(0, 80);
}

function Choices({ query, room, chosen, onTurn }: { query: string; room: string | null; chosen: ReadonlySet<string>; onTurn: (id: string) => void }) {
  const { state, t, locale } = useView();
  const lower = (text: string) => text.toLocaleLowerCase(locale.tag);
  const inside = new Set(room === null ? [] : state.rooms.get(room)?.members?.map((member) => member.id));
  const ids = new Set([...chosen, ...state.groups.flatMap((group) => group.people)]);
  const people = [...ids].map((id) => personOf(state, id)).filter((one) => !inside.has(one.id) && !one.isBlocked && lower(one.name).includes(lower(query)));
  if (people.length === 0) return <Empty icon="people" title={t("picker.none")} />;
  return (
    <ul class="rows scroll">
      {people.map((person) => (
        <li key={person.id}>
          <button type="button" class="row choice" role="checkbox" aria-checked={chosen.has(person.id)} onClick={() => onTurn(person.id)}>
            <Avatar {...person} size={34} />
            <span class="words">
              <span class="name">
                <bdi>{person.name}</bdi>
              </span>
            </span>
            <span class="box" aria-hidden="true">
              <Icon name="check" size={14} />
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
