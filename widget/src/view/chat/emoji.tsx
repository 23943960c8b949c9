// Choosing an emoji: groups, a search by words of the locale, and a grid for the arrow keys.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useView } from "../context.ts";
import { moveFocus, useOutside } from "../hooks.ts";
import { SearchField } from "../part/control.tsx";
import { EMOJI_GROUPS, type Emoji, type EmojiGroup, emojiOf } from "./emoji_list.ts";

/** Columns of the grid; the style sheet says the same. */
const COLUMNS = 8;

const TABS: Readonly<Record<EmojiGroup, string>> = { faces: "🙂", people: "👋", hearts: "❤️", nature: "🌸", food: "☕", things: "🎉" };

/** Those chosen lately on this page, the newest first. */
let recent: readonly Emoji[] = [];

export function EmojiPicker({ onPick, onClose }: { onPick: (sign: string) => void; onClose: () => void }) {
  const { t, locale, isNarrow } = useView();
  const [query, setQuery] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useOutside(box, onClose);
  useEffect(() => {
    // A phone's keyboard would cover the picker.
    if (!isNarrow) field.current?.focus();
  }, [isNarrow]);
  const groups = useMemo(() => EMOJI_GROUPS.map((name) => ({ name, emoji: emojiOf(name, t(`emoji.words.${name}`)) })), [t]);
  const wanted = query.trim().toLocaleLowerCase(locale.tag);
  const found = wanted === "" ? null : groups.flatMap(({ emoji }) => emoji.filter(({ words }) => words.some((word) => word.includes(wanted))));

  const buttons = () => [...(box.current?.querySelectorAll<HTMLElement>(".grid button") ?? [])];
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      onClose();
    } else if ((event.target as Element).closest(".grid") !== null) {
      moveFocus(event, buttons(), COLUMNS, locale.direction === "rtl");
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      buttons()[0]?.focus();
    } else if (event.key === "Enter" && found?.[0] !== undefined) {
      event.preventDefault();
      pick(found[0]);
    }
  };
  const pick = (emoji: Emoji) => {
    recent = [emoji, ...recent.filter(({ sign }) => sign !== emoji.sign)].slice(0, COLUMNS);
    onPick(emoji.sign);
  };
  const goTo = (name: EmojiGroup) => box.current?.querySelector(`[data-group="${name}"]`)?.scrollIntoView({ block: "start" });
  return (
    <div class="emoji" role="dialog" aria-label={t("emoji.title")} ref={box} onKeyDown={onKeyDown}>
      <SearchField label={t("emoji.search")} value={query} onChange={setQuery} inputRef={field} />
      <div class="scroll">
        {found === null ? (
          <>
            {recent.length > 0 && <Grid title={t("emoji.recent")} emoji={recent} onPick={pick} />}
            {groups.map(({ name, emoji }) => (
              <Grid key={name} name={name} title={t(`emoji.${name}`)} emoji={emoji} onPick={pick} />
            ))}
          </>
        ) : found.length > 0 ? (
          <Grid title={t("emoji.search")} emoji={found} onPick={pick} />
        ) : (
          <p class="count">{t("emoji.none")}</p>
        )}
      </div>
      {found === null && (
        <div class="emoji-tabs">
          {EMOJI_GROUPS.map((name) => (
            <button type="button" key={name} tabIndex={-1} title={t(`emoji.${name}`)} aria-label={t(`emoji.${name}`)} onClick={() => goTo(name)}>
              {TABS[name]}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function Grid({ name, title, emoji, onPick }: { name?: EmojiGroup; title: string; emoji: readonly Emoji[]; onPick: (emoji: Emoji) => void }) {
  return (
    <div class="grid" role="group" aria-label={title} data-group={name}>
      <p aria-hidden="true">{title}</p>
      <div>
        {emoji.map((one, at) => (
          <button type="button" key={one.sign} tabIndex={at === 0 ? 0 : -1} aria-label={one.words[0]} title={one.words[0]} onClick={() => onPick(one)}>
            {one.sign}
          </button>
        ))}
      </div>
    </div>
  );
}
