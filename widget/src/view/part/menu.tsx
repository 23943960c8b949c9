// A button with a menu of actions: arrow keys, Escape, and the focus back where it was.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { moveFocus, useOutside } from "../hooks.ts";
import { Icon, type IconName } from "./icon.tsx";

export interface MenuItem {
  readonly label: string;
  readonly hint?: string;
  readonly icon?: IconName;
  /** Instead of an icon. */
  readonly sign?: ComponentChildren;
  readonly isChecked?: boolean;
  readonly isDanger?: boolean;
  /** A line above it. */
  readonly isApart?: boolean;
  readonly href?: string;
  readonly act: () => void;
}

interface Properties {
  label: string;
  items: readonly MenuItem[];
  /** What the button shows. */
  children: ComponentChildren;
  class?: string;
  /** Which edge of the button the menu keeps to. */
  align?: "start" | "end";
  opens?: "down" | "up";
}

export function Menu({ label, items, children, align = "end", opens = "down", ...rest }: Properties) {
  const [isOpen, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useOutside(whole, () => setOpen(false));
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div class="menu-place" ref={whole}>
      <button
        type="button"
        class={rest.class ?? "icon-button"}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        ref={button}
        onClick={() => setOpen(!isOpen)}
      >
        {children}
      </button>
      {isOpen && <List label={label} items={items} place={`${align} ${opens}`} close={close} />}
    </div>
  );
}

function List({ label, items, place, close }: { label: string; items: readonly MenuItem[]; place: string; close: () => void }) {
  const list = useRef<HTMLDivElement>(null);
  const all = () => [...(list.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
  useLayoutEffect(() => (all().find((item) => item.ariaChecked === "true") ?? all()[0])?.focus(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else {
      moveFocus(event, all());
    }
  };
  return (
    <div class={`menu ${place}`} part="menu" role="menu" aria-label={label} ref={list} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <Item key={item.label} item={item} close={close} />
      ))}
    </div>
  );
}

function Item({ item, close }: { item: MenuItem; close: () => void }) {
  const content = (
    <>
      {item.sign ?? (item.icon !== undefined && <Icon name={item.icon} size={18} />)}
      <span class="words">
        <span>{item.label}</span>
        {item.hint !== undefined && <span class="hint">{item.hint}</span>}
      </span>
      {item.isChecked === true && <Icon name="check" size={18} />}
    </>
  );
  const look = `item${item.isDanger ? " danger" : ""}${item.isApart ? " apart" : ""}`;
  if (item.href !== undefined) {
    return (
      <a class={look} role="menuitem" tabIndex={-1} href={item.href} target="_blank" rel="noopener" onClick={close}>
        {content}
      </a>
    );
  }
  const act = () => {
    // The focus goes back first: what is done may move it on.
    close();
    item.act();
  };
  return (
    <button
      type="button"
      class={look}
      role={item.isChecked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={item.isChecked}
      tabIndex={-1}
      onClick={act}
    >
      {content}
    </button>
  );
}
