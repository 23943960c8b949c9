// Buttons, switches and counters, as everywhere in the chat bar.

import type { ComponentChildren, Ref } from "preact";
import { useFrame } from "../context.ts";
import { Icon, type IconName } from "./icon.tsx";

interface IconButtonProperties {
  icon: IconName;
  label: string;
  onClick: (event: MouseEvent) => void;
  isExpanded?: boolean;
  isPressed?: boolean;
  hasDot?: boolean;
  popup?: "menu" | "dialog";
  buttonRef?: Ref<HTMLButtonElement>;
  size?: number;
  class?: string;
}

export function IconButton({ icon, label, onClick, isExpanded, isPressed, hasDot = false, popup, buttonRef, size = 20, ...rest }: IconButtonProperties) {
  return (
    <button
      type="button"
      class={`icon-button ${rest.class ?? ""}`}
      aria-label={label}
      title={label}
      aria-expanded={isExpanded}
      aria-pressed={isPressed}
      aria-haspopup={popup}
      onClick={onClick}
      ref={buttonRef ?? null}
    >
      <Icon name={icon} size={size} />
      {hasDot && <span class="dot" />}
    </button>
  );
}

export function Button(properties: { kind?: "main" | "quiet" | "danger"; onClick: () => void; isDisabled?: boolean; children: ComponentChildren }) {
  return (
    <button type="button" class={`button ${properties.kind ?? "quiet"}`} disabled={properties.isDisabled} onClick={properties.onClick}>
      {properties.children}
    </button>
  );
}

export function Switch({ label, isOn, onChange }: { label: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <button type="button" class="switch" role="switch" aria-checked={isOn} onClick={() => onChange(!isOn)}>
      <span class="label">{label}</span>
      <span class="track" aria-hidden="true" />
    </button>
  );
}

/** A number of unread messages; nothing for none. */
export function Badge({ count }: { count: number }) {
  const { t } = useFrame();
  if (count <= 0) return null;
  return (
    <span class="badge" part="badge">
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span class="unseen">{t("bar.unread", { count })}</span>
    </span>
  );
}

/** What stands where there is nothing to list. */
export function Empty({ icon, title, hint, children }: { icon: IconName; title: string; hint?: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="drawing" aria-hidden="true">
        <Icon name={icon} size={28} />
      </span>
      <p class="title">{title}</p>
      {hint !== undefined && <p class="hint">{hint}</p>}
      {children}
    </div>
  );
}

export function Spinner() {
  return <span class="spinner" aria-hidden="true" />;
}

/** A field to search with, and its button that empties it. */
export function SearchField(properties: { label: string; value: string; onChange: (value: string) => void; onKeyDown?: (event: KeyboardEvent) => void; inputRef?: Ref<HTMLInputElement> }) {
  const { t } = useFrame();
  return (
    <div class="search-field">
      <Icon name="search" size={18} />
      <input
        type="text"
        inputMode="search"
        enterkeyhint="search"
        autocomplete="off"
        spellcheck={false}
        dir="auto"
        aria-label={properties.label}
        placeholder={properties.label}
        value={properties.value}
        ref={properties.inputRef ?? null}
        onInput={(event) => properties.onChange(event.currentTarget.value)}
        onKeyDown={properties.onKeyDown}
      />
      {properties.value !== "" && <IconButton icon="close" size={16} label={t("roster.search.clear")} onClick={() => properties.onChange("")} />}
    </div>
  );
}
