// Where one writes: Enter sends, Shift and Enter begin a line, and an input method keeps its own Enter.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../model/state.ts";
import { useView } from "../context.ts";
import { isComposing } from "../hooks.ts";
import { IconButton } from "../part/control.tsx";
import { Icon } from "../part/icon.tsx";
import { EmojiPicker } from "./emoji.tsx";

/** The server takes no longer message, in bytes of UTF-8. */
export const BODY_BYTES_MAX = 65_536;
/** From here on the rest is shown. */
const BYTES_SHOWN_FROM = BODY_BYTES_MAX - 2048;
const HEIGHT_MAX = 132;

interface Properties {
  conversation: Conversation;
  name: string;
  hint?: string | null;
}

export function Composer({ conversation, name, hint = null }: Properties) {
  const { commands, t, isNarrow } = useView();
  const { key, draft } = conversation;
  const [text, setText] = useState(draft);
  const [isPicking, setPicking] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useDraft(draft, field, setText);
  useGrowing(field, text);

  const bytes = new TextEncoder().encode(text).length;
  const canSend = text.trim() !== "" && bytes <= BODY_BYTES_MAX;
  const change = (next: string) => {
    setText(next);
    commands.setDraft(key, next);
  };
  const send = () => {
    if (!canSend) return;
    commands.send(key, text);
    change("");
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // On a phone's keyboard Enter is a new line, and the button sends.
    if (event.key !== "Enter" || event.shiftKey || isComposing(event) || (isNarrow && !event.ctrlKey)) return;
    event.preventDefault();
    send();
  };
  const insert = (emoji: string) => {
    const at = field.current?.selectionStart ?? text.length;
    change(text.slice(0, at) + emoji + text.slice(field.current?.selectionEnd ?? at));
    requestAnimationFrame(() => field.current?.setSelectionRange(at + emoji.length, at + emoji.length));
  };
  const closePicker = () => {
    setPicking(false);
    field.current?.focus();
  };
  return (
    <div class="composer" part="composer">
      {hint !== null && text === "" && <p class="note">{hint}</p>}
      {bytes > BYTES_SHOWN_FROM && <Rest bytes={BODY_BYTES_MAX - bytes} />}
      {isPicking && <EmojiPicker onPick={insert} onClose={closePicker} />}
      <div class="field">
        <IconButton
          icon="smile"
          label={t("composer.emoji")}
          popup="dialog"
          isExpanded={isPicking}
          class="emoji-button"
          onClick={() => (isPicking ? closePicker() : setPicking(true))}
        />
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label={t("composer.label", { name })}
          placeholder={t("composer.placeholder")}
          enterkeyhint={isNarrow ? "enter" : "send"}
          value={text}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <button type="button" class="send" part="send" aria-label={t("composer.send")} title={t("composer.send")} disabled={!canSend} onClick={send}>
          <Icon name="send" />
        </button>
      </div>
    </div>
  );
}

function Rest({ bytes }: { bytes: number }) {
  const { t } = useView();
  return (
    <p class={bytes < 0 ? "note over" : "note"} role="status">
      {bytes < 0 ? t("composer.tooLong", { count: -bytes }) : t("composer.left", { count: bytes })}
    </p>
  );
}

/** Takes a draft that another tab changed, unless somebody writes here. */
function useDraft(draft: string, field: { current: HTMLTextAreaElement | null }, setText: (text: string) => void): void {
  useEffect(() => {
    const element = field.current;
    if (element !== null && (element.getRootNode() as ShadowRoot).activeElement !== element) setText(draft);
  }, [draft, field, setText]);
}

/** As high as what is written, up to a few lines. */
function useGrowing(field: { current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(HEIGHT_MAX, element.scrollHeight)}px`;
    element.style.overflowY = element.scrollHeight > HEIGHT_MAX ? "auto" : "hidden";
  }, [field, text]);
}
