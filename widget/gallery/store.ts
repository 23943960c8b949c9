// A store without a server: what is pressed in the gallery changes what is seen, nothing more.

import type { Commands, Conversation, Key, State, Store } from "../src/model/state.ts";
import { message } from "./people.ts";

/** A store that begins with `state`; `log` hears every command. */
export function galleryStore(state: State, log: (name: string, values: unknown[]) => void = () => undefined): Store & { set(more: Partial<State>): void } {
  let now = state;
  const listeners = new Set<() => void>();
  const set = (more: Partial<State>) => {
    now = { ...now, ...more };
    for (const listener of listeners) listener();
  };
  const change = (key: Key, more: Partial<Conversation>) => {
    const was: Conversation = now.conversations.get(key) ?? { key, messages: [], older: "none", unread: 0, firstUnread: null, draft: "", search: null };
    set({ conversations: new Map(now.conversations).set(key, { ...was, ...more }) });
  };
  const without = (key: Key) => now.windows.filter((window) => window.key !== key);
  const known: Partial<Commands> = {
    setPanel: (panel) => set({ panel }),
    focus: (focused) => set({ focused }),
    open: (key) => set({ windows: now.windows.some((one) => one.key === key) ? now.windows : [...now.windows, { key, isMinimised: false }], focused: key }),
    close: (key) => set({ windows: without(key), focused: now.focused === key ? null : now.focused }),
    minimise: (key, isMinimised) => set({ windows: now.windows.map((one) => (one.key === key ? { key, isMinimised } : one)) }),
    move: (key, to) => {
      const moved = now.windows.find((one) => one.key === key);
      if (moved !== undefined) set({ windows: without(key).toSpliced(to, 0, moved) });
    },
    setDraft: (key, draft) => change(key, { draft }),
    send: (key, body) => change(key, { messages: [...(now.conversations.get(key)?.messages ?? []), message("me", 0, body)] }),
    discard: (key, gone) => change(key, { messages: now.conversations.get(key)?.messages.filter((one) => one.key !== gone) ?? [] }),
    setShow: (show) => set({ me: now.me === null ? null : { ...now.me, show } }),
    setStatus: (status) => set({ me: now.me === null ? null : { ...now.me, status } }),
    setSetting: (name, value) => set({ settings: { ...now.settings, [name]: value } }),
  };
  const commands = new Proxy(known as Commands, {
    get: (target, name: keyof Commands) => (...values: unknown[]) => {
      log(name, values);
      (target[name] as ((...all: unknown[]) => void) | undefined)?.(...values);
    },
  });
  return {
    commands,
    set,
    get: () => now,
    subscribe: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
  };
}
